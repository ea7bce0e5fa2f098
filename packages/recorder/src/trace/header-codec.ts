import { defaultLimits, RetakeError, type SandboxLimits } from "@retake/base";
import { type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";
import type { RunHeader } from "./run-header.ts";

/** Encodes a run's header as the bytes that are stored and that begin the run's chain. */
export function encodeHeader(header: RunHeader): Uint8Array {
	return encodeCanonical(header as unknown as CanonicalValue);
}

/** A run from before there was a limit to logical bytes had what its layers' file system held. */
function completeLimits(limits: Partial<SandboxLimits> & Pick<SandboxLimits, "diskBytes">): SandboxLimits {
	return { ...defaultLimits, logicalBytes: limits.diskBytes, ...limits };
}

/** Decodes a run's header. Throws `STORE_NEWER` for a version of the semantics that this code does not know. */
export function decodeHeader(bytes: Uint8Array): RunHeader {
	const header = decodeCanonical(bytes) as unknown as Omit<RunHeader, "semanticsVersion"> & {
		readonly semanticsVersion: number;
	};
	const { semanticsVersion } = header;
	if (semanticsVersion === 1) return { ...header, semanticsVersion, limits: completeLimits(header.limits) };
	throw new RetakeError("STORE_NEWER", `the run follows version ${semanticsVersion} of the semantics; this is 1`, {
		remedy: "install the newer retake",
	});
}
