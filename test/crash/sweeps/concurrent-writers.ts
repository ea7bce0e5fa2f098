import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sha256 } from "@retake/base";
import { cellNames, cells, sharedBranch } from "../ground/cells.ts";
import type { CrashGround } from "../ground/crash-ground.ts";
import { git, gitFiles } from "../ground/git.ts";
import { type Attempt, checkHistory } from "../ground/serial-history.ts";
import { Tally } from "../ground/tally.ts";
import { leftBehind } from "../ground/tree-state.ts";
import type { CrashFigures, Sweep } from "../sweep.ts";

const writers = 32;

interface Contest {
	readonly kind: "tree" | "branch";
	readonly commits: number;
	readonly flags: readonly string[];
}

/** R7: processes read a few files each and commit what they make of them, all at once; a serial order must explain everything. */
export function concurrentWriters(kind: "tree" | "branch", commits: number, sampled: number): Sweep {
	return {
		id: "R7",
		name: `writers-${kind}`,
		title: `${writers} processes commit to one ${kind}`,
		needsRoot: false,
		sampled,
		harmShareMin: null,
		run: (ground) => contest(ground, { kind, commits, flags: [] }),
	};
}

/** The control of R7: everybody gets the lock at once. */
export const writersControl: Sweep = {
	id: "R7",
	name: "control-no-lock",
	title: "control: the lock held by everybody",
	needsRoot: false,
	sampled: 128,
	harmShareMin: 0.001,
	run: (ground) => contest(ground, { kind: "tree", commits: 640, flags: ["--without", "lock"] }),
};

async function contest(ground: CrashGround, { kind, commits, flags }: Contest): Promise<CrashFigures> {
	const place = await ground.plant(cells, "shared");
	if (kind === "branch") plantBranch(place);
	const wanted = Math.min(commits, ground.pointsMax ?? commits);
	const attempts: Attempt[] = [];
	let done = 0;
	await Promise.all(
		Array.from({ length: writers }, async (_, number) => {
			const share = Math.ceil(wanted / writers);
			const args = [kind, place, `writer-${number}`, String(share), String(ground.seed + number), ...flags];
			for await (const attempt of write(ground, args)) {
				attempts.push(attempt);
				if (attempt.kind === "committed") ground.progress(++done, wanted);
			}
		}),
	);
	const initial = Object.fromEntries(cellNames.map((name) => [name, sha256(Buffer.from(String(cells[name])))]));
	const { lostUpdates, overlaps, contradictions } = checkHistory(initial, attempts, finalVersions(kind, place));
	const tally = new Tally();
	for (const attempt of attempts) if (attempt.kind === "committed") tally.blow();
	for (let count = 0; count < lostUpdates; count++) tally.lost("an update");
	// Writers that gave up: one has left what the others can neither finish nor discard.
	if (done < wanted) tally.torn(`${wanted - done} commits were refused for good`);
	if (flags.length === 0) {
		for (const contradiction of contradictions) tally.fault(contradiction);
		if (overlaps === 0) tally.fault("no two commits ever overlapped");
		if (kind === "tree") tally.litter(place, leftBehind(place));
	}
	const refused = attempts.filter((attempt) => attempt.kind === "refused").length;
	return tally.figures(wanted, `${overlaps} overlaps reported, ${refused} told to come again`);
}

async function* write({ programs }: CrashGround, args: readonly string[]): AsyncGenerator<Attempt> {
	const child = spawn(process.execPath, [programs.path("concurrentWriter"), ...args], {
		stdio: ["ignore", "pipe", "inherit"],
		env: programs.environment,
	});
	const end = once(child, "close");
	try {
		for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Attempt;
		const [code] = (await end) as [number | null];
		if (code !== 0) throw new Error(`a writer ended with ${code}`);
	} finally {
		child.kill("SIGKILL");
	}
}

function plantBranch(repository: string): void {
	git(repository, "init", "-q");
	git(repository, "add", "-A");
	git(repository, "commit", "-q", "-m", "base");
	git(repository, "branch", sharedBranch);
}

function finalVersions(kind: Contest["kind"], place: string): Readonly<Record<string, string>> {
	const found =
		kind === "tree"
			? cellNames.map((name) => readFileSync(join(place, name)))
			: gitFiles(place, sharedBranch, cellNames);
	return Object.fromEntries(cellNames.map((name, index) => [name, sha256(found[index] ?? Buffer.alloc(0))]));
}
