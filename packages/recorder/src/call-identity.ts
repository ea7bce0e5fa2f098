import { sha256, type ValueHash } from "@retake/base";
import { encodeCanonical } from "@retake/changeset";
import type { CallRequest } from "./call-port.ts";
import type { Redactor } from "./secrets/redactor.ts";
import type { CallIdentity } from "./trace/event.ts";

/** A request as a tape knows it: what it is, and its input as it is written, secrets replaced. */
export interface IdentifiedCall {
	readonly identity: CallIdentity;
	/** Canonical encoding. */
	readonly input: Uint8Array;
}

/** Returns what a request is. Throws `NOT_SERIALISABLE` for an input without a canonical form. */
export function identifyCall({ tool, input }: CallRequest, redactor: Redactor): IdentifiedCall {
	const encoded = encodeCanonical(redactor.value(input));
	const { kind, name, schemaHash } = tool;
	return { identity: { kind, tool: name, schemaHash, inputHash: sha256(encoded) as ValueHash }, input: encoded };
}
