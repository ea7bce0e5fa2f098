import type { CanonicalValue } from "@retake/changeset";
import { pointerDifferences } from "@retake/recorder";
import fc from "fast-check";
import { expect, test } from "vitest";
import { valuesEqual } from "../../src/trace/values-equal.ts";

test("each difference is named by its deepest pointer, keys in order", () => {
	const was = { argv: ["npm", "test"], environment: { A: "1", B: "2" }, cwd: null };
	const now = { argv: ["npm", "run", "test"], environment: { B: "3", C: "4" }, cwd: null };
	expect(pointerDifferences(was, now)).toEqual([
		{ kind: "changed", pointer: "/argv/1", was: "test", now: "run" },
		{ kind: "added", pointer: "/argv/2", now: "test" },
		{ kind: "removed", pointer: "/environment/A", was: "1" },
		{ kind: "changed", pointer: "/environment/B", was: "2", now: "3" },
		{ kind: "added", pointer: "/environment/C", now: "4" },
	]);
});

test("keys are escaped as RFC 6901 says", () => {
	expect(pointerDifferences({ "a/b~c": 1 }, { "a/b~c": 2 })[0]?.pointer).toBe("/a~1b~0c");
});

test("a value of another sort, bytes and a whole value differ as one", () => {
	expect(pointerDifferences([1], { "0": 1 })).toMatchObject([{ kind: "changed", pointer: "" }]);
	expect(pointerDifferences(Buffer.from("a"), Buffer.from("b"))).toMatchObject([{ kind: "changed", pointer: "" }]);
	expect(pointerDifferences(new Uint8Array([1]), new Uint8Array([1]))).toEqual([]);
	expect(pointerDifferences({ constructor: 1 }, {})).toEqual([{ kind: "removed", pointer: "/constructor", was: 1 }]);
});

const canonicalValues = fc.letrec<{ value: CanonicalValue }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 4, withCrossShrink: true },
		fc.constant(null),
		fc.boolean(),
		fc.integer(),
		fc.string({ maxLength: 3 }),
		fc.uint8Array({ maxLength: 3 }),
		fc.array(tie("value"), { maxLength: 3 }),
		fc.dictionary(fc.string({ maxLength: 2 }), tie("value"), { maxKeys: 3 }),
	),
})).value;

test("there are differences exactly where two values are not equal, and they mirror", () => {
	fc.assert(
		fc.property(canonicalValues, canonicalValues, (a, b) => {
			expect(pointerDifferences(a, structuredClone(a))).toEqual([]);
			const there = pointerDifferences(a, b);
			expect(there.length === 0).toBe(valuesEqual(a, b));
			const mirrored = pointerDifferences(b, a).map((difference) => difference.pointer);
			expect(mirrored).toEqual(there.map((difference) => difference.pointer));
		}),
	);
});

test("values nested 100,000 deep are compared without exhausting the stack", () => {
	const nest = (leaf: CanonicalValue): CanonicalValue => {
		let value = leaf;
		for (let depth = 0; depth < 100_000; depth++) value = [value];
		return value;
	};
	expect(valuesEqual(nest(1), nest(1))).toBe(true);
	expect(valuesEqual(nest(1), nest(2))).toBe(false);
});
