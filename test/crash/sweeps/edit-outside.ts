import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CrashGround } from "../ground/crash-ground.ts";
import { answersOf, recordCalls, startInjected, type TracedWorker } from "../ground/system-calls.ts";
import { Tally } from "../ground/tally.ts";
import { buildSeries } from "../ground/workloads.ts";
import type { CrashFigures, Sweep } from "../sweep.ts";

// The workers spend most of their time stopped.
const lanes = 6;
const series = "types";
const edit = "a person's edit";

/** R8: the commit is stopped right before each of its calls, a person saves a file that it changes, and it goes on. */
export const editOutside: Sweep = {
	id: "R8",
	name: "edit",
	title: `edited from outside, ${series}`,
	needsRoot: false,
	sampled: 12,
	harmShareMin: null,
	run: (ground) => sweep(ground, []),
};

/** The control of R8: files are renamed over what stands there. */
export const editControl: Sweep = {
	id: "R8",
	name: "control-plain-rename",
	title: `control: renamed over, ${series}`,
	needsRoot: false,
	sampled: 30,
	harmShareMin: 0.02,
	run: (ground) => sweep(ground, ["--without", "exchange"]),
};

async function sweep(ground: CrashGround, flags: readonly string[]): Promise<CrashFigures> {
	const before = buildSeries(series).states[0] ?? {};
	const rehearsal = await ground.plant(before, "rehearsal");
	const points = await recordCalls(ground.command("series", series, rehearsal, flags));
	const tally = new Tally();
	await ground.strikeAll(ground.choose(points), lanes, async (point) => {
		const label = `${point.name}-${point.nth}`;
		const root = await ground.plant(before, label);
		const command = ground.command("series", series, root, flags);
		const traced = await startInjected(command, { point, effect: "signal=STOP" });
		await stopped(traced);
		// As editors save: a new file renamed over the old one.
		writeFileSync(`${root}.edit`, edit);
		renameSync(`${root}.edit`, join(root, "mode"));
		traced.worker.kill("SIGCONT");
		const { output } = await traced.ended;
		tally.blow();
		const { kind, displaced = [] }: { kind: string; displaced?: readonly object[] } = JSON.parse(
			answersOf(output)[0] ?? "",
		);
		tally.saw(displaced.length > 0 ? `${kind} and named it` : kind);
		const isLive = readFileSync(join(root, "mode"), "utf8") === edit;
		if (!isLive && !isKept(root)) tally.lost(label);
		else if (!isLive && displaced.length === 0) tally.fault(`${label}: the edit was moved and not named`);
		await ground.clear(root);
	});
	if (flags.length === 0 && (tally.count("aborted") === 0 || tally.count("committed and named it") === 0)) {
		tally.fault("no edit fell before the commit point, or none after it");
	}
	return tally.figures(points.length);
}

function isKept(root: string): boolean {
	const kept = join(root, ".retake/displaced");
	if (!existsSync(kept)) return false;
	const files = readdirSync(kept, { recursive: true, encoding: "utf8", withFileTypes: true });
	return files.some((file) => file.isFile() && readFileSync(join(file.parentPath, file.name), "utf8") === edit);
}

/** Waits until the tracer says that the whole process has stopped: each traced call stops it too, for an instant. */
async function stopped({ lines, ended }: TracedWorker): Promise<void> {
	const stop = new Promise<void>((resolve) => {
		lines.on("line", (line) => line === "--- stopped by SIGSTOP ---" && resolve());
	});
	const early = ended.then(() => Promise.reject(new Error("the worker never stopped")));
	await Promise.race([stop, early]);
}
