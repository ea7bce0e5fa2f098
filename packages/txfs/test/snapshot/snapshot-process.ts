import { once } from "node:events";
import { isRetakeError, systemClock } from "@retake/base";
import { openStore } from "@retake/store";
import { openSnapshots } from "@retake/txfs";

// Takes a snapshot of a directory, with its progress on standard error, and says in one line of JSON what came of it: `DIRECTORY STORE [hold]`. With `hold` it goes on
// using the snapshot until its standard input ends.
const [directory = "", storeDirectory = "", hold] = process.argv.slice(2);
using store = openStore(storeDirectory, { clock: systemClock });
using snapshots = openSnapshots({ store, owner: null });
const say = (what: unknown): boolean => process.stdout.write(`${JSON.stringify(what)}\n`);
try {
	const { treeId, fileCount } = await snapshots.fromDirectory(directory, {
		onProgress: (files) => process.stderr.write(`${files}\n`),
	});
	say({ treeId, fileCount });
	if (hold !== undefined) {
		process.stdin.resume();
		await once(process.stdin, "end");
	}
} catch (error) {
	if (!isRetakeError(error)) throw error;
	say({ code: error.code, data: error.data });
}
