import { type Clock, type Randomness, sha256, type ValueHash } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { CallRequest } from "./call-port.ts";

type ValueName = "now" | "random" | "uuid";

function valueCall(name: ValueName, input: CanonicalValue, draw: () => CanonicalValue): CallRequest {
	const schemaHash = sha256(Buffer.from(`retake value ${name} 1`)) as ValueHash;
	return {
		tool: { kind: "value", name, schemaHash },
		input,
		execute: async () => ({ value: draw(), changesetId: null }),
	};
}

/** Makes the call that reads the clock. */
export function nowCall(clock: Clock): CallRequest {
	return valueCall("now", null, () => clock.now());
}

/** Makes the call that draws a number in [0, 1) with 53 random bits. */
export function randomCall(randomness: Randomness, stream: string): CallRequest {
	return valueCall("random", { stream }, () => {
		const bytes = randomness.bytes(8);
		const bits = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) >> 11n;
		return Number(bits) / 2 ** 53;
	});
}

/** Makes the call that draws a version 4 UUID (RFC 9562, section 5.4). */
export function uuidCall(randomness: Randomness): CallRequest {
	return valueCall("uuid", null, () => {
		const bytes = Buffer.from(randomness.bytes(16));
		bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
		bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
		return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
	});
}
