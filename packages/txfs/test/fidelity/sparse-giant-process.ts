import { execFileSync } from "node:child_process";
import { closeSync, lstatSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { attributesAt, treePath } from "@retake/changeset";
import { openStore } from "@retake/store";
import { beginOverlay, openSnapshots } from "@retake/txfs";
import { peakMemory } from "../../../../test/bench/harness/peak-memory.ts";

// A program of its own, so that its memory can be measured: takes a size in bytes, prints what became of a sparse file of that size.
const size = Number(process.argv[2]);
const directory = mkdtempSync(join(tmpdir(), "retake-giant-"));
try {
	const base = join(directory, "base");
	const root = join(directory, "space");
	const target = join(directory, "mounted");
	for (const each of [base, root, target]) mkdirSync(each);
	const giant = join(base, "giant");
	const descriptor = openSync(giant, "w");
	writeSync(descriptor, "begin", 0);
	writeSync(descriptor, "end", size - 3);
	closeSync(descriptor);
	truncateSync(giant, size);

	using store = openStore(join(directory, "store"), { clock: systemClock });
	using snapshots = openSnapshots({ store, owner: null });
	const times: Record<string, number> = {};
	let last = performance.now();
	const lap = (name: string): void => {
		times[name] = Math.round(performance.now() - last) / 1000;
		last = performance.now();
	};
	const snapshot = await snapshots.fromDirectory(base);
	lap("snapshot");
	await using transaction = beginOverlay({
		snapshot,
		space: () => ({ root, layersMax: 100 }),
		owner: null,
		blobs: store.blobs,
		logicalBytesMax: size,
	});
	await using fork = transaction.fork();
	lap("fork");
	const { changeset, attributes } = await fork.step(async ({ mount }) => {
		if (mount?.kind !== "overlay") throw new Error("an overlay layer can be mounted");
		const options = `userxattr,lowerdir=${mount.lowers.join(":")},upperdir=${mount.upper},workdir=${mount.work}`;
		const script =
			'mount -t overlay overlay -o "$1" "$2" && printf x | dd of="$2/giant" bs=1 seek="$3" conv=notrunc status=none';
		execFileSync("unshare", ["-m", "sh", "-c", script, "sh", options, target, String(size / 2)]);
		lap("one byte");
	});
	lap("capture");
	const [change] = changeset.changes;
	const allocated = lstatSync(join(snapshot.layers[0] ?? "", "giant")).blocks * 512;
	const report = {
		change: change?.now?.kind === "file" && change.was?.kind === "file" ? change.now.size : null,
		isAnother: change?.now?.kind === "file" && change.was?.kind === "file" && change.now.content !== change.was.content,
		extents: attributesAt(attributes, treePath("giant"))?.extents,
		allocated,
		times,
		residentBytesMax: peakMemory(),
	};
	process.stdout.write(JSON.stringify(report));
} finally {
	rmSync(directory, { recursive: true });
}
