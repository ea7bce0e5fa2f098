import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { createMemoryBlobs } from "@retake/changeset";
import { openStore } from "@retake/store";
import { DirectoryOracle, listChangeset, listDifference, listTree, needs, operationsBase } from "@retake/testkit";
import { beginOverlay, type OverlayMount, openSnapshots, type Transaction } from "@retake/txfs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const owner = { uid: 61_234, gid: 61_234 };
const dropToOwner = ["setpriv", `--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"];

// What programs do to a tree; each runs as an unprivileged user on the kernel's own overlay. What the kernel then shows is what
// must be read from the layers: not what a plain directory would hold, since a rename of a directory is a copy on overlayfs.
const commands = [
	"rm -r d",
	"rm -r d; mkdir d",
	"rm -r d; mkdir -p d/e; echo new > d/e/h",
	"mv d moved",
	"mv a d/a",
	"mv d/e e; ln -s e d/e",
	"rm a; mkdir a; echo x > a/x",
	"rm -r d; echo flat > d",
	"rm -r d; ln -s empty d",
	"ln a hard; echo more >> hard",
	"chmod 600 a; chmod 750 d/e",
	"chmod 000 a; chmod 555 d/e",
	"touch a d/f",
	"echo more >> d/e/g",
	"rm -r d/e; mkdir d/e d/e/new",
	"rmdir empty; mkdir -p empty/one/two",
	"cp -a d copy; rm d/f",
	"ln -sfn nowhere l",
	"mv d/f d/z/f; mv d/z d/y",
	"true",
];

describe("what the kernel writes into a layer", needs("root"), () => {
	let base: DirectoryOracle;
	let directory: string;
	beforeAll(() => {
		base = DirectoryOracle.empty();
		for (const write of operationsBase) base.write(write);
		execFileSync("chown", ["-Rh", `${owner.uid}:${owner.gid}`, base.path]);
		directory = mkdtempSync(join(tmpdir(), "retake-kernel-"));
		execFileSync("chmod", ["755", directory]);
	});
	afterAll(() => {
		base[Symbol.dispose]();
		rmSync(directory, { recursive: true });
	});

	/** Runs a command on the mounted layers and returns a copy of what the kernel then shows there. */
	const inOverlay = ({ lowers, upper, work }: OverlayMount, command: string): DirectoryOracle => {
		const options = `userxattr,lowerdir=${lowers.join(":")},upperdir=${upper},workdir=${work}`;
		const target = join(directory, "mounted");
		mkdirSync(target, { recursive: true });
		const shown = DirectoryOracle.empty();
		const script =
			'mount -t overlay overlay -o "$1" "$2" && cd "$2" && copy="$3" && shift 3 && "$@" && cp -a . "$copy"';
		// The command may fail half-way: what it did until then is to be captured.
		const wrapped = `umask 022; (${command}) 2>/dev/null; true`;
		const argv = ["-m", "sh", "-c", script, "sh", options, target, shown.path, ...dropToOwner, "sh", "-c", wrapped];
		execFileSync("unshare", argv);
		return shown;
	};

	for (const first of commands) {
		test(`${first}, then every other command, in a step each`, async () => {
			using store = openStore(mkdtempSync(join(directory, "store-")), { clock: systemClock });
			const snapshot = await openSnapshots({ store, owner }).fromDirectory(base.path);
			execFileSync("chmod", ["-R", "a+X", store.directory]);
			const root = mkdtempSync(join(directory, "space-"));
			execFileSync("chmod", ["755", root, store.directory, store.treesDirectory]);
			const begin = () =>
				beginOverlay({ snapshot, space: () => ({ root, layersMax: 100 }), owner, blobs: createMemoryBlobs() });
			await using shared = begin();
			const { value } = await run(shared, first);
			using afterFirst = value;
			for (const second of commands) {
				await using transaction = shared.fork();
				const { changeset, value } = await run(transaction, second);
				using afterSecond = value;
				const what = `${first} | ${second}`;
				expect(listTree(transaction), what).toEqual(afterSecond.list());
				expect(listChangeset(changeset), what).toEqual(listDifference(afterFirst.list(), afterSecond.list()));
				expect(listChangeset(transaction.changes()), what).toEqual(listDifference(base.list(), afterSecond.list()));
			}
		});
	}

	const run = (transaction: Transaction, command: string) =>
		transaction.step(async (layer) => {
			if (layer.mount?.kind !== "overlay") throw new Error("an overlay layer can be mounted");
			return inOverlay(layer.mount, command);
		});
});
