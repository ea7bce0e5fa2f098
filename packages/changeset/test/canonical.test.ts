import { Buffer } from "node:buffer";
import { isRetakeError } from "@retake/base";
import {
	type CanonicalValue,
	canonicalDepthMax,
	decodeCanonical,
	encodeCanonical,
	hashCanonical,
} from "@retake/changeset";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const hex = (value: unknown): string => Buffer.from(encodeCanonical(value as CanonicalValue)).toString("hex");

describe("golden vectors: these bytes are stored and hashed, and never change", () => {
	test.each<readonly [unknown, string]>([
		[null, "c0"],
		[false, "c2"],
		[true, "c3"],
		[0, "00"],
		[127, "7f"],
		[128, "cc80"],
		[255, "ccff"],
		[256, "cd0100"],
		[65_536, "ce00010000"],
		[4_294_967_295, "ceffffffff"],
		[4_294_967_296, "cb41f0000000000000"],
		[-1, "ff"],
		[-32, "e0"],
		[-33, "d0df"],
		[-129, "d1ff7f"],
		[-32_769, "d2ffff7fff"],
		[-2_147_483_649, "cbc1e0000000200000"],
		[1.5, "cb3ff8000000000000"],
		["", "a0"],
		["é", "a2c3a9"],
		["x".repeat(32), `d920${"78".repeat(32)}`],
		["😀", "a4f09f9880"],
		[new Uint8Array([1, 2, 3]), "c403010203"],
		[[], "90"],
		[[1, [2]], "92019102"],
		[{}, "80"],
		[{ b: 1, a: 2 }, "82a16102a16201"],
		[{ 9: 1, 10: 2 }, "82a2313002a13901"],
		[{ "\u{1f600}": 1, "\uffff": 2 }, "82a3efbfbf02a4f09f988001"],
		[Array.from({ length: 16 }, () => 0), `dc0010${"00".repeat(16)}`],
	])("%j", (value, bytes) => {
		expect(hex(value)).toBe(bytes);
		expect(decodeCanonical(Buffer.from(bytes, "hex"))).toEqual(value);
	});

	test("a hash", () => {
		expect(hashCanonical({ b: [1, null], a: "x" })).toBe(
			"b9613b7f41f91257377840dc8401aca090e9e976eb7044a48cfcaf4acc0517ef",
		);
	});
});

const anyValue = fc.letrec<{ value: CanonicalValue }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 4 },
		fc.constant(null),
		fc.boolean(),
		fc.integer(),
		fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
		fc.string({ unit: "binary" }),
		fc.uint8Array(),
		fc.array(tie("value"), { maxLength: 5 }),
		fc.dictionary(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "10", "9")), tie("value"), {
			maxKeys: 5,
		}),
	),
})).value;

/** The same value with its fields in the opposite order. */
function reordered(value: CanonicalValue): CanonicalValue {
	if (Array.isArray(value)) return value.map(reordered);
	if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
	return Object.fromEntries(
		Object.entries(value)
			.reverse()
			.map(([key, field]) => [key, reordered(field)]),
	);
}

test("what was encoded comes back, and the order of fields makes no difference", () => {
	fc.assert(
		fc.property(anyValue, (value) => {
			const bytes = encodeCanonical(value);
			const decoded = decodeCanonical(bytes);
			expect(hex(decoded)).toBe(Buffer.from(bytes).toString("hex"));
			expect(hex(reordered(value))).toBe(Buffer.from(bytes).toString("hex"));
			expect(JSON.stringify(reordered(reordered(decoded)))).toBe(JSON.stringify(decoded));
		}),
		{ seed: 20_261, numRuns: 500 },
	);
});

describe("refused, with the JSON pointer of the culprit", () => {
	const cycle: unknown[] = [];
	cycle.push({ again: cycle });
	let deep: unknown = 0;
	for (let level = 0; level <= canonicalDepthMax; level++) deep = [deep];
	test.each<readonly [string, unknown, string]>([
		["undefined", { a: { "b/c~d": undefined } }, "/a/b~1c~0d"],
		["a function", [0, () => 0], "/1"],
		["a symbol", [Symbol("x")], "/0"],
		["a cycle", cycle, "/0/again"],
		["NaN", { n: Number.NaN }, "/n"],
		["infinity", [Number.NEGATIVE_INFINITY], "/0"],
		["-0", { zero: -0 }, "/zero"],
		["a bigint", 1n, ""],
		["a lone surrogate", ["\udc80"], "/0"],
		["a lone surrogate in a key", { "\ud800": 1 }, "/\ud800"],
		["a date", { at: new Date(0) }, "/at"],
		["a map", new Map(), ""],
		["more levels than are read back", deep, "/0".repeat(canonicalDepthMax)],
		["a hole", Object.assign([1], { 2: 2 }), "/1"],
	])("%s", (_, value, pointer) => {
		try {
			hex(value);
			expect.unreachable("it was encoded");
		} catch (error) {
			expect(isRetakeError(error, "NOT_SERIALISABLE") && error.data).toEqual({ pointer });
		}
	});
});

test("a value that occurs twice is no cycle", () => {
	const shared = { x: 1 };
	expect(hex([shared, shared])).toBe("9281a1780181a17801");
});

describe("bytes that nobody here encoded are refused", () => {
	test.each([
		["nothing", ""],
		["something cut off", "92c0"],
		["something that goes on", "c0c0"],
		["an extension", "d4000000"],
		["a timestamp", "d6ff00000000"],
		["a record's definition", "92d47240910140c0"],
		["a key that is no string", "810102"],
		["a NaN", "cb7ff8000000000000"],
	])("%s", (_, bytes) => {
		expect(() => decodeCanonical(Buffer.from(bytes, "hex"))).toThrow(
			expect.objectContaining({ code: "ENCODING_INVALID" }),
		);
	});
});

test("decoded bytes and results do not share memory with their source", () => {
	const source = encodeCanonical(new Uint8Array([1, 2]));
	const decoded = decodeCanonical(source);
	source.fill(9);
	expect(decoded).toEqual(new Uint8Array([1, 2]));
});
