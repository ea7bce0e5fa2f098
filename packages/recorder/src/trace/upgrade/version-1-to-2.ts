import { type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";
import { payloadBytes } from "../payload.ts";
import type { UpgradeStep } from "./upgrade-step.ts";

/** An error of somebody else's that had no code was written as a bug of ours. */
function codeOf({ name = null, code = null }: Readonly<Record<string, CanonicalValue>>): CanonicalValue {
	return name !== "RetakeError" && code === "BUG" ? null : code;
}

/**
 * Version 1 knew no seeds: random numbers and UUIDs were recorded call by call, which null stands for. Its errors had neither cause nor what a
 * process ended with.
 */
export const version1To2: UpgradeStep = {
	header: (fields) => ({ ...fields, seed: null }),
	event: (event, blobs) => {
		if (event.kind !== "settled" || event.outcome !== "error") return event;
		const error = decodeCanonical(payloadBytes(event.payload, blobs)) as Readonly<Record<string, CanonicalValue>>;
		const absent = { cause: null, exitCode: null, signal: null, stderr: null, timedOut: null };
		const upgraded = { ...error, code: codeOf(error), ...absent };
		return { ...event, payload: { kind: "inline", bytes: encodeCanonical(upgraded) } };
	},
};
