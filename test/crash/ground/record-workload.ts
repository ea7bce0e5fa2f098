import { existsSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits, isRetakeError, systemClock, systemRandomness, type TreeId } from "@retake/base";
import { hashCanonical } from "@retake/changeset";
import { decodeEvent, startRecording, verifyChain } from "@retake/recorder";
import { openStore } from "@retake/store";
import Database from "better-sqlite3";

const calls = 12;
const tool = { kind: "tool", name: "crash", schemaHash: hashCanonical("crash") } as const;
const text = "x".repeat(300);

/** How many calls an undisturbed run has on record. */
export const recordedCalls = calls;

/** Records calls into a store below the root, each event on the disk before the next; `ended` is told of each call that has ended. */
export async function recordUnderPower(root: string, ended: () => void): Promise<void> {
	using store = openStore(storeIn(root), { clock: systemClock });
	const recording = startRecording({
		store,
		clock: systemClock,
		randomness: systemRandomness,
		durability: "power",
		header: {
			parentRunId: null,
			kind: "library",
			title: "crash",
			program: null,
			base: { treeId: "0".repeat(64) as TreeId, changesetId: null, commit: null, workspace: "/crash" },
			sandbox: {},
			limits: defaultLimits,
			tools: { crash: tool.schemaHash },
		},
	});
	for (let index = 0; index < calls; index++) {
		await recording.call({ tool, input: { index, text }, execute: async () => ({ value: text, changesetId: null }) });
		ended();
	}
}

/** Returns how many calls have ended on record; null for a file that is damaged, or a log that is not what was written. */
export function heldCalls(root: string): number | null {
	const file = join(storeIn(root), "retake.db");
	if (!existsSync(file)) return 0;
	try {
		if (!isSound(file)) return null;
		using store = openStore(storeIn(root), { clock: systemClock });
		const [run] = store.runs.list();
		if (run === undefined) return 0;
		verifyChain(store, run.runId);
		return [...store.events.read(run.runId)].filter(({ bytes }) => decodeEvent(bytes).kind === "settled").length;
	} catch (error) {
		// A damaged file shows itself at any of these, the log at the check of its chain.
		if (isRetakeError(error) || error instanceof Database.SqliteError) return null;
		throw error;
	}
}

function isSound(file: string): boolean {
	const database = new Database(file);
	try {
		return database.pragma("integrity_check", { simple: true }) === "ok";
	} finally {
		database.close();
	}
}

function storeIn(root: string): string {
	return join(root, "store");
}
