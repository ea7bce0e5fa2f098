import { execFileSync } from "node:child_process";
import {
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@retake/base";
import { createAttributes, createMemoryBlobs, type TreeAttributes, treePath } from "@retake/changeset";
import { getExtendedAttribute, listExtendedAttributes, setExtendedAttribute } from "@retake/linux";
import { changesetBetween, needs, type PlantedTree, plantTree } from "@retake/testkit";
import { type CommitOutcome, commitToWorktree, recoverWorktree } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let root = "";
const blobs = createMemoryBlobs();
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "retake-commit-attributes-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const mtimeNs = 1_000_000_000_123_456_789n;

interface Wanted {
	readonly xattrs?: Readonly<Record<string, string>>;
	readonly extents?: readonly { offset: number; length: number }[];
	readonly linkGroup?: number;
}

function attributes(wanted: Readonly<Record<string, Wanted>>): TreeAttributes {
	return createAttributes(
		Object.entries(wanted).map(([path, { xattrs = {}, extents = null, linkGroup = null }]) => ({
			path: treePath(path),
			mtimeNs,
			xattrs: Object.entries(xattrs).map(([name, value]) => ({ name, value: Buffer.from(value) })),
			extents,
			linkGroup,
		})),
	);
}

function commit(
	before: PlantedTree,
	after: PlantedTree,
	known: TreeAttributes,
	options: Partial<Parameters<typeof commitToWorktree>[0]> = {},
): Promise<CommitOutcome> {
	const changeset = changesetBetween(before, after, blobs);
	const wanted = { root, changeset, blobs, attributes: known, commitId: "commit1", onDrift: "refuse" } as const;
	return commitToWorktree({ ...wanted, ...options });
}

function xattr(path: string, name: string): string | undefined {
	return getExtendedAttribute(join(root, path), name)?.toString();
}

const inode = (path: string): number => lstatSync(join(root, path)).ino;

test("extended attributes of files and directories, new, changed and as they were", async () => {
	const before = { edited: "old", same: "same", folder: null };
	plantTree(root, before);
	setExtendedAttribute(join(root, "same"), "user.old", Buffer.from("goes"));
	const after = { ...before, edited: "new", "made@555": null, "made/file": "x" };
	const known = attributes({
		edited: { xattrs: { "user.a": "1", "user.b": "" } },
		folder: { xattrs: { "user.directory": "yes" } },
		made: { xattrs: { "user.made": "directory" } },
		"made/file": { xattrs: { "user.made": "file" } },
		same: { xattrs: { "user.new": "comes" } },
	});
	expect((await commit(before, after, known)).kind).toBe("committed");
	expect([xattr("edited", "user.a"), xattr("edited", "user.b")]).toEqual(["1", ""]);
	expect(xattr("folder", "user.directory")).toBe("yes");
	expect([xattr("made", "user.made"), xattr("made/file", "user.made")]).toEqual(["directory", "file"]);
	expect(listExtendedAttributes(join(root, "same")).map(String)).toEqual(["user.new"]);
	expect(lstatSync(join(root, "made")).mode & 0o777).toBe(0o555);
	expect(await commit(before, after, known, { commitId: "again" })).toMatchObject({ kind: "committed", changes: [] });
	execFileSync("chmod", ["-R", "u+w", root]);
});

test("holes stay holes", async () => {
	const size = 4 * 2 ** 20;
	const content = Buffer.alloc(size);
	content.write("data", 2 ** 20);
	const known = attributes({ sparse: { extents: [{ offset: 2 ** 20, length: 4096 }] } });
	await commit({}, { sparse: content.toString("latin1"), dense: content.toString("latin1") }, known);
	expect(readFileSync(join(root, "sparse")).equals(content)).toBe(true);
	expect(lstatSync(join(root, "sparse")).blocks * 512).toBeLessThan(100_000);
	expect(lstatSync(join(root, "dense")).blocks * 512).toBeGreaterThanOrEqual(size);
});

describe("hard links", () => {
	test("between new files, and to one that stays as it is", async () => {
		plantTree(root, { stays: "stays" });
		const kept = inode("stays");
		const after = { stays: "stays", "also-stays": "stays", one: "x", folder: null, "folder/two": "x", other: "x" };
		const known = attributes({
			"also-stays": { linkGroup: 1 },
			"folder/two": { linkGroup: 2 },
			one: { linkGroup: 2 },
			other: {},
			stays: { linkGroup: 1 },
		});
		expect((await commit({ stays: "stays" }, after, known)).kind).toBe("committed");
		expect([inode("stays"), inode("also-stays")]).toEqual([kept, kept]);
		expect(inode("one")).toBe(inode("folder/two"));
		expect(inode("other")).not.toBe(inode("one"));
		expect(readdirSync(join(root, ".retake/journal"))).toEqual([]);
	});

	test("a group whose files are not the same any more is none", async () => {
		plantTree(root, { edited: "theirs" });
		const known = attributes({ edited: { linkGroup: 1 }, made: { linkGroup: 1 } });
		await commit({}, { made: "mine" }, known);
		expect(readFileSync(join(root, "edited"), "utf8")).toBe("theirs");
		expect(lstatSync(join(root, "made")).nlink).toBe(1);
	});
});

describe("times", () => {
	const before = { edited: "old", folder: null };
	const after = { edited: "new", folder: null, "folder/made": "x", link: "-> edited" };
	const known = attributes({ edited: {}, folder: {}, "folder/made": {}, link: {} });
	const time = (path: string): bigint => lstatSync(join(root, path), { bigint: true }).mtimeNs;

	test("of the commit, so that make sees what is new", async () => {
		plantTree(root, before);
		utimesSync(join(root, "edited"), 1, 1);
		const start = BigInt(Date.now() - 1_000) * 1_000_000n;
		await commit(before, after, known);
		for (const path of ["edited", "folder", "folder/made", "link"]) expect(time(path)).toBeGreaterThan(start);
	});

	test("as they were, to the nanosecond, where that is asked for", async () => {
		plantTree(root, before);
		await commit(before, after, known, { times: "kept" });
		expect(["edited", "folder", "folder/made", "link"].map(time)).toEqual([mtimeNs, mtimeNs, mtimeNs, mtimeNs]);
	});
});

test("what is set in place is set again by a recovery", async () => {
	plantTree(root, { folder: null, same: "same" });
	const body = {
		commitId: "left",
		changes: [],
		reattributions: [
			{ path: "folder", xattrs: [["user.a", Buffer.from("1").toString("base64")]], mtimeNs: String(mtimeNs) },
			{ path: "gone", xattrs: [], mtimeNs: null },
			{ path: "same", xattrs: [["user.b", Buffer.from("2").toString("base64")]], mtimeNs: null },
		],
	};
	const text = JSON.stringify(body);
	const header = { format: "retake-commit-journal", version: 2, sha256: sha256(Buffer.from(text)) };
	mkdirSync(join(root, ".retake/journal/left/contents"), { recursive: true });
	writeFileSync(join(root, ".retake/journal/left/manifest"), `${JSON.stringify(header)}\n${text}\n`);
	expect(await recoverWorktree(root)).toMatchObject({ rolledForward: [{ commitId: "left" }] });
	expect([xattr("folder", "user.a"), xattr("same", "user.b")]).toEqual(["1", "2"]);
	expect(lstatSync(join(root, "folder"), { bigint: true }).mtimeNs).toBe(mtimeNs);
});

test("a file system that takes no such attribute refuses the commit as a whole", needs("root"), async () => {
	const mounted = join(root, "mounted");
	mkdirSync(mounted);
	execFileSync("mount", ["-t", "ramfs", "none", mounted]);
	try {
		writeFileSync(join(mounted, "edited"), "old");
		const known = attributes({ folder: { xattrs: { "user.a": "1" } } });
		const refused = commit({ edited: "old" }, { edited: "new", folder: null }, known, { root: mounted });
		await expect(refused).rejects.toMatchObject({ code: "TREE_REFUSED" });
		expect(readFileSync(join(mounted, "edited"), "utf8")).toBe("old");
		expect(readdirSync(mounted).toSorted()).toEqual([".retake", "edited"]);
	} finally {
		execFileSync("umount", [mounted]);
	}
});
