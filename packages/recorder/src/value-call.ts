import { type Clock, type Randomness, sha256, type ValueHash } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { CallRequest } from "./call-port.ts";
import { toFraction, toUuid } from "./random-streams.ts";

type ValueName = "now" | "monotonic" | "random" | "uuid";

function valueCall(name: ValueName, input: CanonicalValue, draw: () => CanonicalValue): CallRequest {
	const schemaHash = sha256(Buffer.from(`retake value ${name} 1`)) as ValueHash;
	return {
		tool: { kind: "value", name, schemaHash },
		input,
		execute: async () => ({ value: draw(), changesetId: null }),
	};
}

/** Makes the call that reads the clock. */
export function nowCall(clock: Pick<Clock, "now">): CallRequest {
	return valueCall("now", null, () => clock.now());
}

/** Makes the call that reads the monotonic clock, milliseconds with fractions. */
export function monotonicCall(elapsedMs: () => number): CallRequest {
	return valueCall("monotonic", null, elapsedMs);
}

/** Makes the call that draws a number in [0, 1), of a run without a seed. */
export function randomCall(randomness: Randomness, stream: string): CallRequest {
	return valueCall("random", { stream }, () => toFraction(randomness.bytes(8)));
}

/** Makes the call that draws a UUID, of a run without a seed. */
export function uuidCall(randomness: Randomness): CallRequest {
	return valueCall("uuid", null, () => toUuid(randomness.bytes(16)));
}
