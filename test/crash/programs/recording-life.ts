// Appends events to a store and takes snapshots into it until it is killed: `node recording-life.ts STORE WORKSPACE`. A line is an
// acknowledgement: `event N`, or `snapshot TREE-ID N`.
import { writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { isRetakeError, systemClock } from "@retake/base";
import { openStore } from "@retake/store";
import { openSnapshots } from "@retake/txfs";
import { blobAt, changingFile, changingText, eventAt, recordedRunId } from "../ground/recorded-facts.ts";

const eventsASnapshot = 8;
const [directory = "", workspace = ""] = process.argv.slice(2);
writeSync(1, "ready\n");
using store = openStore(directory, { clock: systemClock });
const snapshots = openSnapshots({ store, owner: null });
beginOnce();
for (let sequence = store.events.count(recordedRunId); ; sequence++) {
	store.atomically(() => {
		const id = store.blobs.write(blobAt(sequence));
		store.events.append(recordedRunId, [eventAt(sequence)], [{ kind: "blob", id }]);
	});
	writeSync(1, `event ${sequence}\n`);
	if (sequence % eventsASnapshot !== 0) continue;
	writeFileSync(join(workspace, changingFile), changingText(sequence));
	const { treeId } = await snapshots.fromDirectory(workspace);
	writeSync(1, `snapshot ${treeId} ${sequence}\n`);
}

function beginOnce(): void {
	try {
		store.runs.get(recordedRunId);
	} catch (error) {
		if (!isRetakeError(error, "RUN_NOT_FOUND")) throw error;
		const header = Buffer.from("header");
		const run = {
			runId: recordedRunId,
			parentRunId: null,
			kind: "library",
			title: "crash",
			startedAt: 1,
			header,
		} as const;
		store.runs.begin(run);
	}
}
