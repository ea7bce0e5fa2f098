import { closeSync, constants, mkdirSync, mkdtempSync, openSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { readFile, type TreePath } from "@retake/changeset";
import { makeDirectoryAt, openBeneath } from "@retake/linux";
import { openStore } from "@retake/store";
import { beginOverlay, commitToWorktree, openSnapshots } from "@retake/txfs";

// Takes how many directories of how many bytes lie in one another, and where to put them; prints how long each step on the way through them took.
const [depth, nameBytes] = process.argv.slice(2).map(Number) as [number, number];
const directory = process.argv[4] ?? mkdtempSync(join(tmpdir(), "retake-deep-"));
const path = Array.from({ length: depth }, () => "d".repeat(nameBytes)).join("/") as TreePath;
const file = `${path}/${"f".repeat(255)}` as TreePath;
const base = join(directory, "base");
const root = join(directory, "space");
for (const each of [base, root]) mkdirSync(each);
plant(base, "before");

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
const begin = () =>
	beginOverlay({ snapshot, space: () => ({ root, layersMax: 100 }), owner: null, blobs: store.blobs });
await using transaction = begin();
const captured = await transaction.step(async (layer) => {
	layer.writeFile(file, [Buffer.from("after")], 0o644);
	lap("write");
});
lap("capture");
await using applied = begin();
await applied.step(async (layer) => layer.apply(captured.changeset, captured.attributes));
lap("apply");
await applied.step(async () => undefined);
lap("another step");
const outcome = await commitToWorktree({
	root: base,
	changeset: applied.changes(),
	blobs: store.blobs,
	commitId: "deep",
	onDrift: "refuse",
});
lap("commit");
const again = await snapshots.fromDirectory(base);
lap("second snapshot");
const content = Buffer.from(readFile(again, file, 100)).toString();
lap("read");
process.stdout.write(
	JSON.stringify({
		bytes: file.length,
		outcome: outcome.kind,
		content,
		changes: captured.changeset.changes.length,
		times,
	}),
);

function plant(top: string, text: string): void {
	let at = openSync(top, constants.O_DIRECTORY);
	for (const name of path.split("/")) {
		makeDirectoryAt(at, name, 0o755);
		const next = openBeneath(at, name, constants.O_DIRECTORY);
		closeSync(at);
		at = next;
	}
	const descriptor = openBeneath(at, file.slice(path.length + 1), constants.O_WRONLY | constants.O_CREAT, 0o644);
	writeSync(descriptor, text);
	closeSync(descriptor);
	closeSync(at);
}
