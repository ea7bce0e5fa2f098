import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BlobId, sha256, systemClock, type TreeId } from "@retake/base";
import { treePath } from "@retake/changeset";
import { openStore, type Store } from "@retake/store";
import { openSnapshots } from "@retake/txfs";
import Database from "better-sqlite3";
import type { CrashGround } from "../ground/crash-ground.ts";
import { blobAt, changingFile, changingText, eventAt, recordedRunId } from "../ground/recorded-facts.ts";
import { seededNumbers } from "../ground/seeded-numbers.ts";
import { liveAndDie } from "../ground/short-life.ts";
import { Tally } from "../ground/tally.ts";
import type { Sweep } from "../sweep.ts";

const killsMax = 2_000;
const stores = 2;
const lifeMsMax = 80;
const workspaceFiles = 40;

/** What a process had acknowledged. */
interface Acknowledged {
	events: number;
	snapshot: { readonly treeId: TreeId; readonly sequence: number } | null;
}

/** R5 for what Retake remembers: killed at random moments of recording events and taking snapshots. */
export const randomRecordKills: Sweep = {
	id: "R5",
	name: "random-record-kills",
	title: "killed at random moments, events and snapshots",
	needsRoot: false,
	sampled: 40,
	harmShareMin: null,
	async run(ground) {
		const kills = ground.pointsMax ?? killsMax;
		const tally = new Tally();
		let fallen = 0;
		const lane = async (number: number): Promise<void> => {
			const next = seededNumbers(ground.seed + number);
			const directory = join(ground.place, `store-${number}`);
			const workspace = join(ground.place, `workspace-${number}`);
			mkdirSync(workspace);
			for (let file = 0; file < workspaceFiles; file++) writeFileSync(join(workspace, `file-${file}`), `${file}\n`);
			const acknowledged: Acknowledged = { events: 0, snapshot: null };
			while (fallen < kills) {
				ground.progress(++fallen, kills);
				await strike(ground, [directory, workspace], next() * lifeMsMax, acknowledged);
				tally.blow();
				if (next() < 0.5) check(directory, acknowledged, tally);
			}
			check(directory, acknowledged, tally);
			tally.saw("events", acknowledged.events);
		};
		await Promise.all(Array.from({ length: stores }, async (_, number) => lane(number)));
		return tally.figures(kills);
	},
};

async function strike(
	{ programs }: CrashGround,
	args: readonly string[],
	lifeMs: number,
	acknowledged: Acknowledged,
): Promise<void> {
	for (const line of await liveAndDie({ programs, program: "recordingLife", args, lifeMs })) {
		const [kind, first = "", second = ""] = line.split(" ");
		if (kind === "event") acknowledged.events = Math.max(acknowledged.events, Number(first) + 1);
		else acknowledged.snapshot = { treeId: first as TreeId, sequence: Number(second) };
	}
}

function check(directory: string, acknowledged: Acknowledged, tally: Tally): void {
	// A process that was killed before it made anything leaves nothing to look into.
	if (acknowledged.events === 0) return;
	const label = `${directory}, ${acknowledged.events} events acknowledged`;
	{
		const database = new Database(join(directory, "retake.db"));
		const found = database.pragma("integrity_check", { simple: true });
		database.close();
		if (found !== "ok") tally.torn(`${label}: integrity_check says ${String(found)}`);
	}
	using store = openStore(directory, { clock: systemClock });
	checkEvents(store, acknowledged, label, tally);
	checkSnapshot(store, acknowledged, label, tally);
}

function checkEvents(store: Store, acknowledged: Acknowledged, label: string, tally: Tally): void {
	let count = 0;
	for (const event of store.events.read(recordedRunId)) {
		const isWhole = Buffer.compare(event.bytes, eventAt(count).bytes) === 0 && event.sequence === count;
		const blob = sha256(blobAt(count)) as BlobId;
		if (!isWhole || !store.blobs.has(blob)) tally.torn(`${label}: event ${count} is another one, or lacks its blob`);
		count++;
	}
	if (count < acknowledged.events) tally.lost(`${label}: ${count} are there`);
}

function checkSnapshot(store: Store, { snapshot }: Acknowledged, label: string, tally: Tally): void {
	if (snapshot === null) return;
	const snapshots = openSnapshots({ store, owner: null });
	const opened = snapshots.open(snapshot.treeId);
	if (opened === null) return tally.lost(`${label}: the snapshot after event ${snapshot.sequence}`);
	const text = Buffer.concat([...opened.chunks(treePath(changingFile))]).toString();
	if (text !== changingText(snapshot.sequence)) tally.torn(`${label}: the snapshot after event ${snapshot.sequence}`);
	tally.saw("snapshots compared");
	// What a killed process left half-made goes, and what was acknowledged stays.
	snapshots.collect(() => [snapshot.treeId], { dryRun: false });
	if (snapshots.open(snapshot.treeId) === null) tally.lost(`${label}: collected with the rubbish`);
}
