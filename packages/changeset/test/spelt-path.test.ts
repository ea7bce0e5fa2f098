import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readSpeltPath, spellPath, type TreePath, treePathFromBytes } from "../src/index.ts";

const component = fc
	.uint8Array({ minLength: 1, maxLength: 12 })
	.map((bytes) => bytes.filter((byte) => byte !== 0 && byte !== 0x2f))
	.filter((bytes) => bytes.length > 0);

const path = fc
	.array(component, { minLength: 1, maxLength: 4 })
	.map((parts) => Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from("/"), part]))))
	.filter((bytes) => !/(^|\/)\.{1,2}(\/|$)/.test(bytes.toString("latin1")));

test("every path of the kernel's has a well-formed spelling of its own that is read back", () => {
	fc.assert(
		fc.property(path, (bytes) => {
			const exact = treePathFromBytes(bytes);
			const spelling = spellPath(exact);
			expect(spelling.isWellFormed()).toBe(true);
			expect(readSpeltPath(spelling)).toBe(exact);
		}),
	);
});

test.each([
	["plain/ünïcode 😀", "plain/ünïcode 😀"],
	["caf\udce9.txt", '"caf\\351.txt"'],
	['"quoted"', '"\\"quoted\\""'],
	['"open', '"\\"open"'],
])("%j is spelt %s", (exact, spelling) => {
	expect(spellPath(exact as TreePath)).toBe(spelling);
	expect(readSpeltPath(spelling)).toBe(exact);
});

test.each(['"open', '"a"b', '"\\z"', '"../up"', "../up"])("%s is refused", (text) => {
	expect(() => readSpeltPath(text)).toThrow(expect.objectContaining({ code: "PATH_REFUSED" }));
});
