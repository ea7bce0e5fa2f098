import {
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRetakeError, sha256 } from "@retake/base";
import { type BlobReader, type Changeset, createMemoryBlobs, treePath } from "@retake/changeset";
import { OpenDescriptor, openAt, tryLockExclusive } from "@retake/linux";
import {
	changesetBetween,
	needs,
	normalisePlantedTree,
	type PlantedTree,
	plantTree,
	readPlantedTree,
	removePlantedTree,
} from "@retake/testkit";
import { type CommitOutcome, commitToWorktree, recoverWorktree } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let root = "";
const blobs = createMemoryBlobs();
beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "retake-commit-"));
});
afterEach(() => removePlantedTree(root));

const before: PlantedTree = {
	edited: "one\ntwo\nthree\nfour\nfive\n",
	"script@755": "#!/bin/sh\n",
	removed: "gone soon",
	link: "-> edited",
	folder: null,
	"folder/inner": null,
	"folder/inner/deep": "deep",
	becomesFile: null,
	"becomesFile/child": "child",
	becomesFolder: "file",
	becomesLink: null,
	empty: null,
};
const after: PlantedTree = {
	edited: "one\ntwo\nthree\nfour\nFIVE\n",
	"script@700": "#!/bin/sh\n",
	link: "-> ../outside",
	"folder@555": null,
	"folder/new@600": "new",
	becomesFile: "now a file",
	becomesFolder: null,
	"becomesFolder/inside": null,
	"becomesFolder/inside/file": "content",
	becomesLink: "-> folder",
	fresh: null,
};

function commit(
	changeset: Changeset,
	options: Partial<Parameters<typeof commitToWorktree>[0]> = {},
): Promise<CommitOutcome> {
	return commitToWorktree({ root, changeset, blobs, commitId: "commit1", onDrift: "refuse", ...options });
}

function litter(): readonly string[] {
	return readdirSync(join(root, ".retake"), { recursive: true }).map(String).toSorted();
}

/** Runs an edit while contents are staged: after the first check, before the second. */
function editingBlobs(edit: () => void): BlobReader {
	let isDone = false;
	return {
		...blobs,
		*chunks(id) {
			if (!isDone) edit();
			isDone = true;
			yield* blobs.chunks(id);
		},
	};
}

test("every kind of change and of type change lands, with its mode, and nothing else stays behind", async () => {
	plantTree(root, before);
	const outcome = await commit(changesetBetween(before, after, blobs));
	expect(outcome.kind).toBe("committed");
	expect(readPlantedTree(root)).toEqual(normalisePlantedTree(after));
	expect(litter()).toEqual([".gitignore", "commit.lock", "journal"]);
	expect(readFileSync(join(root, ".retake/.gitignore"), "utf8")).toBe("*\n");
});

test("committing what is there already does nothing and says so", async () => {
	plantTree(root, after);
	expect(await commit(changesetBetween(before, after, blobs))).toEqual({
		kind: "committed",
		changes: [],
		displaced: [],
	});
});

test("new files belong to the directory's owner, replaced ones to their old owner", needs("root"), async () => {
	plantTree(root, { folder: null, old: "old" });
	chownSync(join(root, "folder"), 1234, 1235);
	chownSync(join(root, "old"), 1236, 1237);
	const changed = { folder: null, "folder/sub": null, "folder/sub/file": "x", "folder/link": "-> x", old: "new" };
	await commit(changesetBetween({ folder: null, old: "old" }, changed, blobs));
	for (const path of ["folder/sub", "folder/sub/file", "folder/link"]) {
		expect(lstatSync(join(root, path))).toMatchObject({ uid: 1234, gid: 1235 });
	}
	expect(lstatSync(join(root, "old"))).toMatchObject({ uid: 1236, gid: 1237 });
});

describe("drift", () => {
	test("a path changed since the base is a conflict, and nothing at all is written", async () => {
		plantTree(root, { ...before, edited: "someone else's" });
		const outcome = await commit(changesetBetween(before, after, blobs));
		expect(outcome).toMatchObject({
			kind: "aborted",
			conflicts: [{ path: "edited", found: { kind: "file", size: 14 } }],
		});
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree({ ...before, edited: "someone else's" }));
		expect(litter()).toEqual([".gitignore", "commit.lock"]);
	});

	test("a stranger in a directory that is to go is a conflict", async () => {
		plantTree(root, { ...before, "becomesFile/stranger": "mine" });
		const outcome = await commit(changesetBetween(before, after, blobs));
		expect(outcome).toMatchObject({ kind: "aborted", conflicts: [{ path: "becomesFile/stranger", was: null }] });
	});

	test("a parent that is a link now is a conflict and is not followed", async () => {
		const elsewhere = mkdtempSync(join(tmpdir(), "retake-outside-"));
		plantTree(root, {});
		symlinkSync(elsewhere, join(root, "folder"));
		const outcome = await commit(changesetBetween({ folder: null }, { folder: null, "folder/file": "x" }, blobs));
		expect(outcome).toMatchObject({ kind: "aborted", conflicts: [{ path: "folder", found: { kind: "symlink" } }] });
		expect(readdirSync(elsewhere)).toEqual([]);
		rmSync(elsewhere, { recursive: true });
	});

	test("edits of other lines merge where that is asked for; edits of the same lines do not", async () => {
		const theirs = { ...before, edited: "ONE\ntwo\nthree\nfour\nfive\n" };
		plantTree(root, theirs);
		const outcome = await commit(changesetBetween(before, after, blobs), { onDrift: "merge" });
		expect(outcome.kind).toBe("committed");
		expect(readFileSync(join(root, "edited"), "utf8")).toBe("ONE\ntwo\nthree\nfour\nFIVE\n");
		writeFileSync(join(root, "edited"), "one\ntwo\nthree\nfour\nfunf\n");
		const second = changesetBetween({ edited: before["edited"] ?? "" }, { edited: after["edited"] ?? "" }, blobs);
		const refused = await commit(second, { onDrift: "merge", commitId: "commit2" });
		expect(refused).toMatchObject({ kind: "aborted", conflicts: [{ path: "edited" }] });
		expect(readFileSync(join(root, "edited"), "utf8")).toContain("funf");
	});

	test("an edit of a file that the commit moves follows it", async () => {
		const text = "one\ntwo\nthree\n";
		plantTree(root, { from: "ONE\ntwo\nthree\n" });
		const outcome = await commit(changesetBetween({ from: text }, { to: text }, blobs), { onDrift: "merge" });
		expect(outcome.kind).toBe("committed");
		expect(readPlantedTree(root)).toEqual(normalisePlantedTree({ to: "ONE\ntwo\nthree\n" }));
	});

	test("an edit made while contents are staged is found before the commit point", async () => {
		plantTree(root, before);
		const editing = editingBlobs(() => writeFileSync(join(root, "removed"), "edited at the last moment"));
		const outcome = await commit(changesetBetween(before, after, blobs), { blobs: editing });
		expect(outcome).toMatchObject({ kind: "aborted", conflicts: [{ path: "removed" }] });
		expect(readFileSync(join(root, "removed"), "utf8")).toBe("edited at the last moment");
		expect(litter()).toEqual([".gitignore", "commit.lock", "journal"]);
	});
});

describe("refusals", () => {
	test(".git and .retake are never written", async () => {
		for (const path of [".git/hooks/pre-commit", "sub/.GIT/config", ".retake/journal/x"]) {
			const node = { kind: "file", mode: 0o755, size: 1, content: blobs.write(Buffer.from("x")) } as const;
			const changeset = { kind: "changeset", changes: [{ path: treePath(path), was: null, now: node }] } as const;
			await expect(commit(changeset)).rejects.toMatchObject({ code: "PATH_REFUSED" });
		}
		expect(readdirSync(root)).toEqual([]);
	});

	test("a second process is told when the first holds the lock too long", async () => {
		mkdirSync(join(root, ".retake"));
		writeFileSync(join(root, ".retake/commit.lock"), "");
		using held = new OpenDescriptor(openAt(-100, join(root, ".retake/commit.lock"), { flags: 2 }));
		expect(tryLockExclusive(held.descriptor)).toBe(true);
		const changeset = changesetBetween({}, { a: "a" }, blobs);
		await expect(commit(changeset, { lockWaitMs: 60 })).rejects.toMatchObject({ code: "STORE_BUSY" });
		held[Symbol.dispose]();
		expect((await commit(changeset, { lockWaitMs: 60 })).kind).toBe("committed");
	});

	test("cancelled before the commit point: as it was, no litter", async () => {
		const changeset = changesetBetween({}, { a: "a" }, blobs);
		await expect(commit(changeset, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "INTERRUPTED" });
		expect(readPlantedTree(root)).toEqual({});
		expect(litter()).toEqual([".gitignore", "commit.lock", "journal"]);
	});

	test("a root that is no directory, or not there", async () => {
		const changeset = changesetBetween({}, { a: "a" }, blobs);
		await expect(commit(changeset, { root: join(root, "no") })).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
		writeFileSync(join(root, "file"), "");
		const file = join(root, "file");
		await expect(commit(changeset, { root: file })).rejects.toMatchObject({ code: "WORKSPACE_NOT_DIRECTORY" });
	});

	test("a device, fifo or socket in the tree is refused without opening it", async () => {
		const { execFileSync } = await import("node:child_process");
		execFileSync("mkfifo", [join(root, "edited")]);
		const changeset = changesetBetween({ edited: "a" }, { edited: "b" }, blobs);
		await expect(commit(changeset)).rejects.toMatchObject({ code: "TREE_REFUSED" });
	});
});

describe("recovery", () => {
	function plantJournal(manifest: string): void {
		mkdirSync(join(root, ".retake/journal/left/contents"), { recursive: true });
		writeFileSync(join(root, ".retake/journal/left/manifest"), manifest);
	}
	function sealed(body: object, version = 1): string {
		const text = JSON.stringify(body);
		return `${JSON.stringify({ format: "retake-commit-journal", version, sha256: sha256(Buffer.from(text)) })}\n${text}\n`;
	}
	const content = blobs.write(Buffer.from("hello"));
	const node = { kind: "file", mode: 0o644, size: 5, content };
	const sound = { commitId: "left", changes: [{ path: "a", was: null, now: node }] };

	test("an untouched workspace stays untouched", async () => {
		expect(await recoverWorktree(root)).toEqual({ rolledForward: [], discarded: [] });
		expect(existsSync(join(root, ".retake"))).toBe(false);
	});

	test("a committed entry is rolled forward, once", async () => {
		plantJournal(sealed(sound));
		writeFileSync(join(root, ".retake/journal/left/contents/0"), "hello", { mode: 0o644 });
		expect(await recoverWorktree(root)).toMatchObject({ rolledForward: [{ commitId: "left" }] });
		expect(readPlantedTree(root)).toEqual({ "a@644": "hello" });
		expect(await recoverWorktree(root)).toEqual({ rolledForward: [], discarded: [] });
	});

	test("what somebody wrote meanwhile is kept aside and named", async () => {
		plantJournal(sealed(sound));
		writeFileSync(join(root, ".retake/journal/left/contents/0"), "hello", { mode: 0o644 });
		writeFileSync(join(root, "a"), "a person's work");
		const report = await recoverWorktree(root);
		const kept = report.rolledForward[0]?.displaced[0]?.keptAt ?? "";
		expect(readFileSync(join(root, kept), "utf8")).toBe("a person's work");
		expect(readFileSync(join(root, "a"), "utf8")).toBe("hello");
	});

	const bad: readonly (readonly [string, string, string])[] = [
		["newer", sealed(sound, 3), "STORE_NEWER"],
		["truncated", sealed(sound).slice(0, -30), "STORE_DAMAGED"],
		["altered", sealed(sound).replace('"path":"a"', '"path":"b"'), "STORE_DAMAGED"],
		["empty", "", "STORE_DAMAGED"],
		["of another commit", sealed({ ...sound, commitId: "other" }), "STORE_DAMAGED"],
		["that climbs out", sealed({ ...sound, changes: [{ path: "../a", was: null, now: node }] }), "STORE_DAMAGED"],
		["for .git", sealed({ ...sound, changes: [{ path: ".git/config", was: null, now: node }] }), "STORE_DAMAGED"],
		[
			"with a setuid mode",
			sealed({ ...sound, changes: [{ path: "a", was: null, now: { ...node, mode: 0o4755 } }] }),
			"STORE_DAMAGED",
		],
	];
	const attributed = (path: string, name: string): object => ({
		...sound,
		reattributions: [{ path, xattrs: [[name, ""]], mtimeNs: null }],
	});
	test.each([
		["without attributes", sealed(sound, 2)],
		["that sets attributes within .git", sealed(attributed(".git", "user.a"), 2)],
		["that sets attributes outside", sealed(attributed("../a", "user.a"), 2)],
		["that sets capabilities", sealed(attributed("a", "security.capability"), 2)],
		["that sets overlay's marks", sealed(attributed("a", "user.overlay.opaque"), 2)],
		["with a time that is none", sealed({ ...sound, reattributions: [{ path: "a", xattrs: [], mtimeNs: "x" }] }, 2)],
	])("a manifest of the second version %s is refused", async (_what, manifest) => {
		plantJournal(manifest);
		await expect(recoverWorktree(root)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
		expect(readPlantedTree(root)).toEqual({});
	});

	test("a manifest with any bit flipped, or cut off anywhere, is refused", async () => {
		plantTree(root, { a: "mine" });
		plantJournal("");
		const path = join(root, ".retake/journal/left/manifest");
		const whole = Buffer.from(sealed({ ...sound, reattributions: [] }, 2));
		const damages: Buffer[] = [];
		for (let at = 0; at < whole.length; at++) {
			damages.push(whole.subarray(0, at));
			const flipped = Buffer.from(whole);
			flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
			damages.push(flipped);
		}
		const taken: string[] = [];
		for (const damage of damages) {
			writeFileSync(path, damage);
			const end = await recoverWorktree(root).then(
				() => "taken",
				(error: { code?: string }) => String(error.code),
			);
			if (end !== "STORE_DAMAGED" && end !== "STORE_NEWER") taken.push(`${end}: ${damage.toString()}`);
		}
		expect(taken).toEqual([]);
		expect(damages.length).toBeGreaterThan(400);
		expect(readPlantedTree(root)).toEqual({ "a@644": "mine" });
	});

	describe("slots that were tampered with", () => {
		const changed = {
			commitId: "left",
			changes: [{ path: "a", was: { ...node, content: blobs.write(Buffer.from("other")) }, now: node }],
		};
		const slot = (): string => join(root, ".retake/journal/left/contents/0");
		async function refused(): Promise<void> {
			await expect(recoverWorktree(root)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
			expect(readPlantedTree(root)).toEqual({ "a@644": "other" });
			expect(existsSync(join(root, ".retake/journal/left/manifest"))).toBe(true);
		}
		beforeEach(() => {
			plantTree(root, { a: "other" });
			plantJournal(sealed(changed));
		});

		test("other bytes, a link out of the tree, a directory, nothing", async () => {
			writeFileSync(slot(), "hellO", { mode: 0o644 });
			await refused();
			rmSync(slot());
			symlinkSync("/etc/passwd", slot());
			await refused();
			rmSync(slot());
			mkdirSync(slot());
			await refused();
			rmSync(slot(), { recursive: true });
			await refused();
		});

		test("a link in the place of the slots or of the entry is not followed", async () => {
			const elsewhere = mkdtempSync(join(tmpdir(), "retake-outside-"));
			writeFileSync(join(elsewhere, "0"), "hello", { mode: 0o644 });
			rmSync(join(root, ".retake/journal/left/contents"), { recursive: true });
			symlinkSync(elsewhere, join(root, ".retake/journal/left/contents"));
			await refused();
			expect(readdirSync(elsewhere)).toEqual(["0"]);
			rmSync(elsewhere, { recursive: true });
		});

		test("as they were left: taken", async () => {
			writeFileSync(slot(), "hello", { mode: 0o644 });
			expect(await recoverWorktree(root)).toMatchObject({ rolledForward: [{ commitId: "left" }] });
			expect(readPlantedTree(root)).toEqual({ "a@644": "hello" });
		});
	});

	test.each(bad)(
		"a manifest that is %s is refused, it and the tree left as they were",
		async (_what, manifest, code) => {
			plantTree(root, { a: "mine" });
			plantJournal(manifest);
			await expect(recoverWorktree(root)).rejects.toSatisfy((error) => isRetakeError(error) && error.code === code);
			await expect(commit(changesetBetween({}, { c: "c" }, blobs))).rejects.toMatchObject({ code });
			expect(readFileSync(join(root, ".retake/journal/left/manifest"), "utf8")).toBe(manifest);
			expect(readPlantedTree(root)).toEqual({ "a@644": "mine" });
		},
	);
});
