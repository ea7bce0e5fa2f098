import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import type { TreePath } from "@retake/changeset";
import { AT_FDCWD, setExtendedAttribute, setModifiedTimeAt } from "@retake/linux";
import { openStore } from "@retake/store";
import { needs } from "@retake/testkit";
import { openSnapshots, type Snapshot } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AttributeListing, listAttributes } from "./list-attributes.ts";
import { placeUnder, plantTree } from "./plant-tree.ts";
import { planTree, seeded } from "./random-tree.ts";

const seeds = Array.from({ length: 8 }, (_, index) => 700 + index);

describe("a snapshot has the attributes of the directory", needs("root"), () => {
	let directory = "";
	let live = "";
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), "retake-snapshot-attributes-"));
		live = join(directory, "live");
		mkdirSync(live);
	});
	afterEach(() => rmSync(directory, { recursive: true }));

	/** Lists what the kernel shows of a snapshot's layers. */
	const shown = ({ layers }: Snapshot): AttributeListing => {
		const mounted = join(directory, "mounted");
		const empty = join(directory, "empty");
		for (const each of [mounted, empty]) mkdirSync(each, { recursive: true });
		const options = `userxattr,lowerdir=${[...layers, empty].join(":")}`;
		const script = 'mount -t overlay overlay -o "$1" "$2" && shift && exec "$0" "$2" "$1"';
		const program = join(import.meta.dirname, "list-process.ts");
		const argv = ["-m", "sh", "-c", script, process.execPath, options, mounted, program];
		return new Map(JSON.parse(execFileSync("unshare", argv, { encoding: "utf8" })) as [TreePath, string][]);
	};
	/** What the owner may not read has another mode on the disk. */
	const readable = (listing: AttributeListing): AttributeListing =>
		new Map(
			Array.from(listing, ([path, line]) => {
				const [kind, mode, ...rest] = line.split(" ");
				const bits = kind === "file" ? 0o400 : kind === "directory" ? 0o500 : 0;
				return [
					path,
					bits === 0 ? line : [kind, (Number.parseInt(mode ?? "", 8) | bits).toString(8), ...rest].join(" "),
				];
			}),
		);

	test.each(seeds)("the first, and one after touches and links: seed %i", async (seed) => {
		const plan = planTree(seed);
		plantTree(live, plan);
		using store = openStore(join(directory, "store"), { clock: systemClock });
		using snapshots = openSnapshots({ store, owner: { uid: 61_234, gid: 61_234 } });
		expect(shown(await snapshots.fromDirectory(live))).toEqual(readable(listAttributes(live)));
		const random = seeded(seed);
		for (const { path, kind, mtimeNs } of plan) {
			const at = placeUnder(live, path);
			if (random() < 0.3) setModifiedTimeAt(AT_FDCWD, at, mtimeNs + 1n);
			if (kind === "file" && random() < 0.3) setExtendedAttribute(at, "user.later", Buffer.from("x"));
			if (kind === "directory" && random() < 0.3) writeFileSync(Buffer.concat([at, Buffer.from("/added")]), "added");
			if (kind === "directory" && random() < 0.3) chmodSync(at, 0o711);
		}
		const second = await snapshots.fromDirectory(live);
		expect(shown(second)).toEqual(readable(listAttributes(live)));
		expect((await snapshots.fromDirectory(live)).layers).toEqual(second.layers);
	});
});
