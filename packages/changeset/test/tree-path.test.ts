import { Buffer } from "node:buffer";
import {
	baseName,
	comparePaths,
	joinPath,
	parentOf,
	printablePath,
	refuseProtected,
	type TreePath,
	treePath,
	treePathFromBytes,
	treePathToBytes,
} from "@retake/changeset";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const refused = expect.objectContaining({ code: "PATH_REFUSED" });

test.each([
	"",
	"/",
	"/etc",
	"a/",
	"a//b",
	"//",
	".",
	"..",
	"./a",
	"a/.",
	"a/..",
	"a/../b",
	"../a",
	"a\0b",
	"\ud800",
	"\udc00",
	"\udcc3\udca9",
])("%j is no path of a tree", (text) => {
	expect(() => treePath(text)).toThrow(refused);
});

test.each(["a", "a/b", "...", ".a", "..a", "a..", "a/.b/..c", "a b", "a\nb", "ü", "\udcff", "😀"])(
	"%j is one",
	(text) => {
		expect(treePath(text)).toBe(text);
	},
);

const names = fc.uint8Array({ minLength: 1, maxLength: 12 }).filter((bytes) => {
	return !bytes.includes(0) && !bytes.includes(0x2f) && !["2e", "2e2e"].includes(Buffer.from(bytes).toString("hex"));
});
const someUtf8 = fc
	.string({ unit: "binary", minLength: 1, maxLength: 6 })
	.map((text) => new Uint8Array(Buffer.from(text)));
const pathBytes = fc
	.array(
		fc.oneof(
			names,
			someUtf8.filter((bytes) => !bytes.includes(0) && !bytes.includes(0x2f) && bytes[0] !== 0x2e),
		),
		{ minLength: 1, maxLength: 4 },
	)
	.map((parts) => Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from("/"), part]))));

test("every name of the kernel's has one spelling, here and back", () => {
	fc.assert(
		fc.property(pathBytes, (bytes) => {
			const path = treePathFromBytes(bytes);
			expect(Buffer.from(treePathToBytes(path)).equals(bytes)).toBe(true);
			expect(treePath(path)).toBe(path);
		}),
		{ seed: 20_262, numRuns: 2000 },
	);
});

test("paths are ordered by their bytes", () => {
	fc.assert(
		fc.property(pathBytes, pathBytes, (left, right) => {
			const order = comparePaths(treePathFromBytes(left), treePathFromBytes(right));
			expect(Math.sign(order)).toBe(Buffer.compare(left, right));
		}),
		{ seed: 20_263, numRuns: 2000 },
	);
	// UTF-16 would say the opposite.
	expect(comparePaths(treePath("\uffff"), treePath("😀"))).toBeLessThan(0);
});

test("a path comes apart and together", () => {
	const path = treePath("a/b/c");
	expect([parentOf(path), baseName(path), parentOf(treePath("a"))]).toEqual(["a/b", "c", null]);
	expect(joinPath(parentOf(path), baseName(path))).toBe(path);
	expect(joinPath(null, "a")).toBe("a");
	for (const name of ["..", "", "/a", "a/"]) expect(() => joinPath(path, name)).toThrow(refused);
});

describe("protected places", () => {
	test.each([
		".git",
		".git/hooks/pre-commit",
		"sub/.git/config",
		".GIT/x",
		".gIt",
		".git./x",
		".git /x",
		".git. . /x",
		"git~1/x",
		"GIT~1",
		".g\u200cit/config",
		"\ufeff.git",
		".git\u202e",
		".git::$INDEX_ALLOCATION/x",
		".git\\hooks",
		".retake",
		".retake/store.db",
		".RETAKE/x",
	])("%j is refused", (path) => {
		expect(() => refuseProtected(treePath(path))).toThrow(refused);
	});

	test.each([
		".gitignore",
		".github/workflows/ci.yml",
		"git",
		"digit/x",
		"sub/.retake",
		"legit~1",
		".gitx/x",
		"a.git",
		"x\u200cy",
	])("%j is not", (path) => {
		expect(() => refuseProtected(treePath(path))).not.toThrow();
	});
});

describe("what a terminal is shown", () => {
	test.each([
		["plain/é 日本.txt", "plain/é 日本.txt"],
		["\u001b]52;c;x\u0007", "\\u{1b}]52;c;x\\u{7}"],
		["a\nb\tc", "a\\nb\\tc"],
		["\u202etxt.exe", "\\u{202e}txt.exe"],
		["\udcff", "\\xff"],
		["\u009b31m", "\\u{9b}31m"],
		["a\\nb", "a\\\\nb"],
		["zero\u200bwidth", "zero\\u{200b}width"],
	])("%j", (path, shown) => {
		expect(printablePath(path)).toBe(shown);
	});

	test("two paths never look alike by escaping", () => {
		fc.assert(
			fc.property(pathBytes, pathBytes, (left, right) => {
				const [one, other]: [TreePath, TreePath] = [treePathFromBytes(left), treePathFromBytes(right)];
				expect(printablePath(one) === printablePath(other)).toBe(one === other);
			}),
			{ seed: 20_264, numRuns: 1000 },
		);
	});
});
