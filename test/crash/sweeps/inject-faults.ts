import { recoverWorktree } from "@retake/txfs";
import type { CrashGround } from "../ground/crash-ground.ts";
import { heldState } from "../ground/held-state.ts";
import {
	answersOf,
	type Command,
	flushes,
	isOnTree,
	MissedCall,
	recordCalls,
	runInjected,
	writes,
} from "../ground/system-calls.ts";
import { Tally } from "../ground/tally.ts";
import { leftBehind } from "../ground/tree-state.ts";
import { buildSeries, type SeriesName } from "../ground/workloads.ts";
import type { CrashFigures, Sweep } from "../sweep.ts";

const lanes = 3;

/** What a call does instead of its work. `short` is a write that takes none of its bytes and reports no error. */
type FaultName = "EIO" | "ENOSPC" | "EDQUOT" | "short";

const effects: Record<FaultName, string> = {
	EIO: "error=EIO",
	ENOSPC: "error=ENOSPC",
	EDQUOT: "error=EDQUOT",
	short: "retval=0",
};
const codes: Record<FaultName, readonly string[]> = {
	EIO: ["COMMIT_FAILED"],
	ENOSPC: ["DISK_FULL"],
	EDQUOT: ["DISK_FULL"],
	short: [],
};

/** The disk has room whenever a fault says that it has none, so where an attribute is set it is the inode that has none. */
function expectedCodes(fault: FaultName, call: string): readonly string[] {
	return fault === "ENOSPC" && call === "lsetxattr" ? ["TREE_REFUSED"] : codes[fault];
}

/** R4: one call of the commit fails; the outcome must be the right one of three, and the tree whole. */
export function injectFault(fault: FaultName, series: SeriesName, sampled: number): Sweep {
	return {
		id: "R4",
		name: `${fault.toLowerCase()}-${series}`,
		title: `${fault === "short" ? "short writes" : fault}, ${series}`,
		needsRoot: false,
		sampled,
		harmShareMin: null,
		run: (ground) => sweep(ground, fault, series, fault === "short" ? ["--halves"] : []),
	};
}

/** The control of R4: a failed or short write counts as a whole one. Struck at the calls that write and flush contents. */
export function controlFault(fault: "EIO" | "short", sampled: number): Sweep {
	return {
		id: "R4",
		name: `control-${fault.toLowerCase()}`,
		title: `control: ${fault === "short" ? "short" : "failed"} writes taken for whole, types`,
		needsRoot: false,
		sampled,
		harmShareMin: 0.2,
		run: (ground) => sweep(ground, fault, "types", ["--without", "checked-writes"], writes),
	};
}

async function sweep(
	ground: CrashGround,
	fault: FaultName,
	series: SeriesName,
	flags: readonly string[],
	only: readonly string[] | null = fault === "short" ? writes : null,
): Promise<CrashFigures> {
	const { states, attributes } = buildSeries(series);
	const heldIn = heldState({ states, attributes });
	const before = states[0] ?? {};
	const rehearsal = await ground.plant(before, "rehearsal");
	const calls = await recordCalls(ground.command("series", series, rehearsal, flags));
	if (flags[0] !== "--without" && heldIn(rehearsal) !== states.length - 1) throw new Error("it ended elsewhere");
	const points = calls.filter(({ name }) => only === null || only.includes(name));
	const tally = new Tally();
	await ground.strikeAll(ground.choose(points), lanes, async (point) => {
		const label = `${point.name}-${point.nth}`;
		const root = await ground.plant(before, label);
		const injection = { point, effect: effects[fault], watched: flushes };
		const command = ground.command("series", series, root, flags);
		const { output, trace } = await runInjected(command, injection);
		requireInjected(trace, command);
		tally.blow();
		const outcomes = answersOf(output).map((answer) => JSON.parse(answer) as { kind: string; code?: string });
		const outcome = outcomes.at(-1) ?? { kind: "silent" };
		const due = outcomes.filter(({ kind }) => kind !== "threw").length;
		tally.saw(outcome.kind);
		if (outcome.kind === "threw" && !expectedCodes(fault, point.name).includes(outcome.code ?? "")) {
			tally.fault(`${label}: ${outcome.code} was thrown`);
		}
		if (isRetried(trace)) tally.fault(`${label}: a failed flush was tried again`);
		await recoverWorktree(root);
		const held = heldIn(root);
		if (held === -1) tally.torn(`${label}, ${outcome.kind}`);
		else if (held !== due) tally.lost(`${label}: ${outcome.kind}, and the tree holds ${held} commits of ${due}`);
		tally.litter(label, leftBehind(root));
		await ground.clear(root);
	});
	return tally.figures(points.length);
}

/** Makes sure that the fault happened, on a call of the tree. Throws `MissedCall`. */
function requireInjected(trace: readonly string[], command: Command): void {
	const injected = trace.filter((line) => line.includes("(INJECTED)"));
	if (injected.length !== 1 || !isOnTree(injected[0] ?? "", command)) throw new MissedCall(injected.join("; "));
}

/** Tells whether a flush that failed was followed by another one of the same file: the kernel has dropped the pages by then. */
function isRetried(trace: readonly string[]): boolean {
	const target = (line: string): string | null => /(?:fsync|fdatasync|syncfs)\(\d+<([^>]*)>/.exec(line)?.[1] ?? null;
	const failed = trace.findIndex((line) => line.includes("(INJECTED)") && target(line) !== null);
	if (failed === -1) return false;
	const path = target(trace[failed] ?? "");
	return trace.slice(failed + 1).some((line) => target(line) === path);
}
