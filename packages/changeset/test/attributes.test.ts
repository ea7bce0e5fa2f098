import { isRetakeError } from "@retake/base";
import {
	attributesAt,
	composeAttributes,
	createAttributes,
	createChangeset,
	decodeAttributes,
	emptyAttributes,
	emptyChangeset,
	encodeAttributes,
	encodeCanonical,
	type GroupedAttributes,
	isKeptAttribute,
	type TreeAttributes,
	type TreePath,
	treePath,
} from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { seeded } from "./model/random.ts";

const entry = (path: string, more: Partial<GroupedAttributes> = {}): GroupedAttributes => ({
	path: treePath(path),
	mtimeNs: 1n,
	xattrs: [],
	extents: null,
	linkGroup: null,
	...more,
});

const directory = { kind: "directory", mode: 0o755 } as const;
const deleted = (...paths: string[]) =>
	createChangeset(paths.map((path) => ({ path: treePath(path), was: directory, now: null })));

/** The groups of hard links, each as the list of its paths. */
const groupsOf = ({ entries }: TreeAttributes) =>
	Object.values(
		Object.groupBy(
			entries.filter(({ linkGroup }) => linkGroup !== null),
			({ linkGroup }) => String(linkGroup),
		),
	).map((group) => group?.map(({ path }) => path));

describe("attributes", () => {
	test("come back from their encoding, times before 1970, raw names and holes included", () => {
		const attributes = createAttributes([
			entry("z", { mtimeNs: -1n, linkGroup: "one file" }),
			entry("raw\udcff", {
				mtimeNs: 1_700_000_000_123_456_789n,
				xattrs: [
					{ name: "user.empty", value: new Uint8Array() },
					{ name: "user.raw\udcfe", value: Uint8Array.of(0, 255) },
				],
				extents: [{ offset: 4096, length: 1 }],
			}),
			entry("a", { mtimeNs: -2_000_000_001n, linkGroup: "one file", extents: [] }),
		]);
		expect(attributes.entries.map(({ path }) => path)).toEqual(["a", "raw\udcff", "z"]);
		expect(decodeAttributes(encodeAttributes(attributes))).toEqual(attributes);
		expect(attributesAt(attributes, "z" as TreePath)?.mtimeNs).toBe(-1n);
		expect(attributesAt(attributes, "b" as TreePath)).toBeNull();
	});

	test("are encoded as the page on the trace format says", () => {
		const attributes = createAttributes([
			entry("f", {
				mtimeNs: 5_000_000_007n,
				xattrs: [{ name: "user.k", value: Uint8Array.of(9) }],
				extents: [{ offset: 0, length: 3 }],
			}),
		]);
		const text = (value: string) => new TextEncoder().encode(value);
		expect(encodeAttributes(attributes)).toEqual(
			encodeCanonical([1, [[text("f"), 5, 7, [[text("user.k"), Uint8Array.of(9)]], [0, 3], null]]]),
		);
	});

	test("number groups by first appearance and dissolve those of one path", () => {
		const attributes = createAttributes([
			entry("d", { linkGroup: "x" }),
			entry("a", { linkGroup: "alone" }),
			entry("c", { linkGroup: 7n }),
			entry("b", { linkGroup: "x" }),
			entry("e", { linkGroup: 7n }),
		]);
		expect(attributes.entries.map(({ linkGroup }) => linkGroup)).toEqual([null, 0, 1, 0, 1]);
	});

	test("compose: the later wins, what was deleted or changed without a word drops out, groups stay apart", () => {
		const first = createAttributes([
			entry("a", { linkGroup: 1 }),
			entry("b", { linkGroup: 1 }),
			entry("c", { linkGroup: 1 }),
			entry("gone"),
			entry("kept"),
		]);
		const second = createAttributes([entry("a", { mtimeNs: 2n, linkGroup: 1 }), entry("new", { linkGroup: 1 })]);
		const composed = composeAttributes(first, { changeset: deleted("gone"), attributes: second });
		expect(composed.entries.map(({ path }) => path)).toEqual(["a", "b", "c", "kept", "new"]);
		expect(attributesAt(composed, "a" as TreePath)?.mtimeNs).toBe(2n);
		expect(groupsOf(composed)).toEqual([
			["a", "new"],
			["b", "c"],
		]);
		expect(composeAttributes(composed, { changeset: emptyChangeset, attributes: emptyAttributes })).toEqual(composed);
	});

	test("compose in any grouping to the same (500 seeds from 9000)", () => {
		for (let seed = 9000; seed < 9500; seed++) {
			const random = seeded(seed);
			const paths = ["a", "b", "c", "d", "e"];
			const some = () => {
				const chosen = paths.filter(() => random() < 0.6);
				const gone = chosen.filter(() => random() < 0.3);
				const attributes = createAttributes(
					chosen
						.filter((path) => !gone.includes(path))
						.map((path) =>
							entry(path, { mtimeNs: BigInt(Math.floor(random() * 9)), linkGroup: Math.floor(random() * 2) }),
						),
				);
				return { changeset: deleted(...gone), attributes };
			};
			const [a, b, c] = [some(), some(), some()];
			const left = composeAttributes(composeAttributes(a.attributes, b), c);
			const gone = new Set([...b.changeset.changes, ...c.changeset.changes].map(({ path }) => path));
			const bc = { changeset: deleted(...gone), attributes: composeAttributes(b.attributes, c) };
			expect(composeAttributes(a.attributes, bc), `seed ${seed}`).toEqual(left);
		}
	});

	test.each([
		["another version", [2, []]],
		[
			"entries out of order",
			[
				1,
				[
					[bytes("b"), 0, 0, [], null, null],
					[bytes("a"), 0, 0, [], null, null],
				],
			],
		],
		["a nanosecond too many", [1, [[bytes("a"), 0, 1_000_000_000, [], null, null]]]],
		["a mark of overlayfs", [1, [[bytes("a"), 0, 0, [[bytes("user.overlay.opaque"), bytes("y")]], null, null]]]],
		["another namespace", [1, [[bytes("a"), 0, 0, [[bytes("security.capability"), bytes("y")]], null, null]]]],
		["extents that overlap", [1, [[bytes("a"), 0, 0, [], [0, 10, 5, 10], null]]]],
		["a group of one", [1, [[bytes("a"), 0, 0, [], null, 0]]]],
		["an entry too short", [1, [[bytes("a"), 0, 0]]]],
	])("are refused where they hold %s", (_, value) => {
		expect(() => decodeAttributes(encodeCanonical(value))).toThrow(
			expect.toSatisfy((error) => isRetakeError(error, "ENCODING_INVALID")),
		);
	});

	test("only the namespace user is kept, without overlayfs's own marks", () => {
		expect(
			["user.a", "user.overlayed", "user.", "user.overlay.opaque", "trusted.a", "security.selinux", "a"].filter(
				isKeptAttribute,
			),
		).toEqual(["user.a", "user.overlayed"]);
	});
});

function bytes(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}
