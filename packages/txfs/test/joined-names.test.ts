import {
	chmodSync,
	existsSync,
	linkSync,
	lstatSync,
	lutimesSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { attributesAt, type TreeAttributes, type TreePath } from "@retake/changeset";
import { setExtendedAttribute } from "@retake/linux";
import { openStore, type Store } from "@retake/store";
import { beginOverlay, type OverlayMount, openSnapshots, type Transaction } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** Seconds since 1970, of files that are told apart by it. */
const longAgo = 981_173_106;

describe("layers for what joins the names of a file", () => {
	let directory = "";
	let store: Store;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), "retake-joined-"));
		for (const name of ["base", "space"]) mkdirSync(join(directory, name));
		store = openStore(join(directory, "store"), { clock: systemClock });
	});
	afterEach(() => {
		store[Symbol.dispose]();
		rmSync(directory, { recursive: true });
	});

	const inBase = (name: string) => join(directory, "base", name);
	const begin = async (limits: { layersMax?: number; joinsNames?: boolean; logicalBytesMax?: number } = {}) => {
		const { layersMax = 50, joinsNames = true, ...options } = limits;
		const snapshot = await openSnapshots({ store, owner: null }).fromDirectory(join(directory, "base"));
		const space = () => ({ root: join(directory, "space"), layersMax, joinsNames });
		return beginOverlay({ snapshot, space, owner: null, blobs: store.blobs, ...options });
	};
	const step = (transaction: Transaction, work: (upper: string, mount: OverlayMount) => void = () => undefined) =>
		transaction.step(async ({ mount }) => {
			if (mount?.kind !== "overlay") throw new Error("an overlay layer can be mounted");
			work(mount.upper, mount);
			return mount.lowers;
		});

	test("a step's links are on record, and in its frozen layer each name has a file of its own, alike in all", async () => {
		await using transaction = await begin();
		const linked = await step(transaction, (upper) => {
			mkdirSync(join(upper, "d"));
			writeFileSync(join(upper, "d/a"), "data", { mode: 0o640 });
			truncateSync(join(upper, "d/a"), 1024 ** 2);
			setExtendedAttribute(Buffer.from(join(upper, "d/a")), "user.colour", Buffer.from("red"));
			linkSync(join(upper, "d/a"), join(upper, "d/b"));
			linkSync(join(upper, "d/a"), join(upper, "c"));
			symlinkSync("away", join(upper, "l"));
			linkSync(join(upper, "l"), join(upper, "m"));
			mkdirSync(join(upper, ".git"));
			writeFileSync(join(upper, ".git/one"), "own");
			linkSync(join(upper, ".git/one"), join(upper, ".git/two"));
			chmodSync(join(upper, "d/a"), 0o040);
			lutimesSync(join(upper, "l"), longAgo, longAgo);
			for (const name of ["d/a", "d"]) utimesSync(join(upper, name), longAgo, longAgo);
			chmodSync(join(upper, "d"), 0o050);
		});
		expect(groupsIn(linked.attributes)).toEqual(["c+d/a+d/b", "l+m"]);
		const { value: lowers } = await step(transaction);
		const [layer = ""] = lowers;
		chmodSync(join(layer, "d"), 0o750);
		const names = ["d/a", "d/b", "c", "l", "m", ".git/one", ".git/two"];
		const statuses = names.map((name) => lstatSync(join(layer, name)));
		expect(statuses.map(({ nlink }) => nlink)).toEqual(names.map(() => 1));
		expect(new Set(statuses.map(({ ino }) => ino)).size).toBe(names.length);
		const looks = statuses.map(({ mode, mtimeMs, size, blocks }) => [mode & 0o777, mtimeMs, size, blocks].join(" "));
		expect(new Set(looks.slice(0, 3)).size).toBe(1);
		expect(statuses.slice(0, 5).map(({ mtimeMs }) => mtimeMs)).toEqual(Array(5).fill(longAgo * 1000));
		expect(lstatSync(join(layer, "d")).mtimeMs).toBe(longAgo * 1000);
		expect(readFileSync(join(layer, ".git/two"), "utf8")).toBe("own");
	});

	test("without such a mount they stay links", async () => {
		await using transaction = await begin({ joinsNames: false });
		await step(transaction, (upper) => {
			writeFileSync(join(upper, "a"), "data");
			linkSync(join(upper, "a"), join(upper, "b"));
		});
		const [layer = ""] = (await step(transaction)).value;
		expect(lstatSync(join(layer, "a")).nlink).toBe(2);
	});

	test("the links of a base are taken apart over it, for all transactions of a family, and are gone with these", async () => {
		mkdirSync(inBase("d"));
		writeFileSync(inBase("a"), "base");
		linkSync(inBase("a"), inBase("d/b"));
		linkSync(inBase("a"), inBase("d/c"));
		utimesSync(inBase("d"), longAgo, longAgo);
		{
			await using transaction = await begin();
			const { value: lowers, changeset } = await step(transaction);
			expect(changeset.changes).toEqual([]);
			expect(inodesOf(lowers, ["a", "d/b", "d/c"]).size).toBe(3);
			expect(lstatSync(join(lowers[0] ?? "", "d")).mtimeMs).toBe(longAgo * 1000);
			await using fork = transaction.fork();
			await transaction[Symbol.asyncDispose]();
			const { value: same } = await step(fork);
			expect(same).toEqual(lowers);
		}
		expect(readdirSync(join(directory, "space"))).toEqual([]);
	});

	test("also over a snapshot of several layers, and nothing that was deleted comes back", async () => {
		for (const name of ["a", "x"]) writeFileSync(inBase(name), name);
		for (const [from, to] of [
			["a", "b"],
			["a", "c"],
			["x", "y"],
		] as const)
			linkSync(inBase(from), inBase(to));
		await (await begin())[Symbol.asyncDispose]();
		rmSync(inBase("b"));
		rmSync(inBase("y"));
		writeFileSync(inBase("y"), "another");
		await using transaction = await begin();
		const { value: lowers } = await step(transaction);
		expect(lowers.length).toBeGreaterThan(2);
		expect(inodesOf(lowers, ["a", "c", "x", "y"]).size).toBe(4);
		expect(existsSync(join(lowers[0] ?? "", "b"))).toBe(false);
		expect(transaction.lookup("b" as TreePath)).toBe(null);
	});

	test("folded layers keep both apart", async () => {
		writeFileSync(inBase("a"), "base");
		linkSync(inBase("a"), inBase("b"));
		await using transaction = await begin({ layersMax: 3 });
		await step(transaction, (upper) => {
			writeFileSync(join(upper, "p"), "data");
			linkSync(join(upper, "p"), join(upper, "q"));
		});
		await step(transaction, (upper) => writeFileSync(join(upper, "r"), "more"));
		const { value: lowers } = await step(transaction);
		expect(lowers.length).toBe(3);
		expect(inodesOf(lowers, ["a", "b", "p", "q", "r"]).size).toBe(5);
		expect(groupsIn(transaction.attributes())).toEqual(["p+q"]);
	});

	test("more than the limit is refused, by its name, and nothing is left of it", async () => {
		const crowd = (parent: string) => {
			writeFileSync(join(parent, "0"), "x".repeat(100_000));
			for (let index = 1; index <= 20; index++) linkSync(join(parent, "0"), join(parent, String(index)));
		};
		const refusal = { code: "TREE_REFUSED", data: { limit: "logicalBytes" } };
		{
			await using transaction = await begin({ logicalBytesMax: 1024 ** 2 });
			// No changeset counts what is in a git directory.
			const crowding = step(transaction, (upper) => {
				mkdirSync(join(upper, ".git"));
				crowd(join(upper, ".git"));
			});
			await expect(crowding).rejects.toMatchObject(refusal);
			expect((await step(transaction)).value).toHaveLength(1);
		}
		crowd(join(directory, "base"));
		await using transaction = await begin({ logicalBytesMax: 1024 ** 2 });
		await expect(step(transaction)).rejects.toMatchObject(refusal);
		expect(readdirSync(join(directory, "space"))).toEqual([]);
	});
});

/** The inodes under names, each looked for as an overlay does, from the uppermost layer down. */
function inodesOf(lowers: readonly string[], names: readonly string[]): Set<number> {
	return new Set(
		names.map((name) => {
			const layer = lowers.find((each) => existsSync(join(each, name))) ?? "";
			return lstatSync(join(layer, name)).ino;
		}),
	);
}

function groupsIn(attributes: TreeAttributes): readonly string[] {
	const groups = new Map<number, TreePath[]>();
	for (const { path } of attributes.entries) {
		const group = attributesAt(attributes, path)?.linkGroup ?? null;
		if (group !== null) groups.set(group, [...(groups.get(group) ?? []), path]);
	}
	return [...groups.values()].map((paths) => paths.join("+"));
}
