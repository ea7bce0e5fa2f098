import { defaultLimits, type SandboxLimits } from "@retake/base";
import { type CanonicalValue, encodeCanonical } from "@retake/changeset";
import type { RunHeader } from "./run-header.ts";
import { upgradeHeader } from "./upgrade/upgrade.ts";

/** Encodes a run's header as the bytes that are stored and that begin the run's chain. */
export function encodeHeader(header: RunHeader): Uint8Array {
	return encodeCanonical(header as unknown as CanonicalValue);
}

/** A run from before there was a limit to logical bytes had what its layers' file system held. */
function completeLimits(limits: Partial<SandboxLimits> & Pick<SandboxLimits, "diskBytes">): SandboxLimits {
	return { ...defaultLimits, logicalBytes: limits.diskBytes, ...limits };
}

/** Decodes a run's header, brought to the present version. Throws `STORE_NEWER` for a version of the semantics that this code does not know. */
export function decodeHeader(bytes: Uint8Array): RunHeader {
	const header = upgradeHeader(bytes) as unknown as RunHeader;
	return { ...header, limits: completeLimits(header.limits) };
}
