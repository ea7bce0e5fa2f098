// The crash sweeps in full, or with --sample in the size in which the tests run them, and their figures as one table.
import { parseArgs } from "node:util";
import { unmetNeeds } from "../packages/testkit/src/host/host-needs.ts";
import { buildPrograms } from "../test/crash/ground/build-programs.ts";
import { CrashGround } from "../test/crash/ground/crash-ground.ts";
import { type CrashFigures, complaint, type Sweep } from "../test/crash/sweep.ts";
import { sweeps } from "../test/crash/sweeps.ts";

const usage = "pnpm crash [--only NAME] [--sample | --points NUMBER] [--seed NUMBER] [--json]";

/** A sweep that was run, with what is wrong about it. */
interface CrashRow extends CrashFigures, Pick<Sweep, "id" | "name" | "title"> {
	readonly isControl: boolean;
	readonly complaint: string | null;
	readonly seconds: number;
}

interface Options {
	readonly only: readonly string[];
	readonly sample: boolean;
	/** How many points each sweep visits at most; null for every one. */
	readonly points: number | null;
	readonly seed: number;
	readonly json: boolean;
}

function options(): Options {
	try {
		const { values } = parseArgs({
			options: {
				only: { type: "string", multiple: true },
				sample: { type: "boolean" },
				points: { type: "string" },
				seed: { type: "string" },
				json: { type: "boolean" },
			},
		});
		const { only = [], sample = false, json = false } = values;
		const seed = values.seed === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(values.seed);
		const points = values.points === undefined ? null : Number(values.points);
		if (points !== null && !(Number.isSafeInteger(points) && points > 1)) {
			throw new TypeError(`--points ${values.points}: give a whole number above 1`);
		}
		if (!Number.isSafeInteger(seed)) throw new TypeError(`${values.seed} is no seed: give a whole number`);
		for (const name of only) {
			if (sweeps.some((sweep) => isNamed(sweep, name))) continue;
			throw new TypeError(`no sweep is called ${name}: ${sweeps.map((sweep) => sweep.name).join(", ")}`);
		}
		return { only, sample, points, seed, json };
	} catch (error) {
		process.stderr.write(`crash: ${error instanceof Error ? error.message : String(error)}\nType: ${usage}\n`);
		process.exit(2);
	}
}

/** A promise's id, a sweep's name, or how the names of several begin. */
function isNamed({ id, name }: Sweep, wanted: string): boolean {
	return id === wanted.toUpperCase() || name.startsWith(wanted);
}

async function runSweep(sweep: Sweep, ground: CrashGround): Promise<CrashRow> {
	const startedAt = Date.now();
	let figures: CrashFigures;
	try {
		figures = await sweep.run(ground);
	} catch (error) {
		const faults = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
		figures = { points: 0, blows: 0, torn: 0, lost: 0, litter: 0, faults, seen: "it broke off" };
	}
	const { id, name, title, harmShareMin } = sweep;
	const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
	const wrong = figures.seen === "it broke off" ? (figures.faults[0] ?? "") : complaint(sweep, figures);
	return { id, name, title, ...figures, isControl: harmShareMin !== null, complaint: wrong, seconds };
}

function markdown(rows: readonly CrashRow[]): string {
	const heads = ["id", "sweep", "`--only`", "points", "blows", "torn", "lost", "litter", "", "seen", "s"];
	const cells = rows.map((row) => {
		const { id, title, name, points, blows, torn, lost, litter, isControl, seen, seconds } = row;
		const counts = [points, blows, torn, lost, litter].map(String);
		return [id, title, name, ...counts, isControl ? "control" : "", seen, String(seconds)];
	});
	return [heads, heads.map(() => "---"), ...cells].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

const { only, sample, points, seed, json } = options();
const unmet = unmetNeeds().get("root");
const wanted = sweeps
	.filter((sweep) => only.length === 0 || only.some((name) => isNamed(sweep, name)))
	.filter(({ sampled }) => !sample || sampled > 0);
const possible = wanted.filter(({ needsRoot }) => !needsRoot || unmet === undefined);
const leftOut = wanted.length - possible.length;
if (leftOut > 0) process.stderr.write(`\nLEFT OUT OF THIS RUN, ${leftOut} sweeps: ${unmet}\n`);
process.stderr.write(`seed ${seed}\n`);

const startedAt = Date.now();
const rows: CrashRow[] = [];
using programs = await buildPrograms();
for (const sweep of possible) {
	const isShown = process.stderr.isTTY === true;
	const onProgress = (fallen: number, all: number): void => {
		if (isShown) process.stderr.write(`\r${sweep.id} ${sweep.name}: ${fallen} of ${all}\u001b[K`);
	};
	using ground = new CrashGround({ programs, pointsMax: sample ? sweep.sampled : points, seed, onProgress });
	const row = await runSweep(sweep, ground);
	rows.push(row);
	const found = `${row.blows} blows at ${row.points} points: ${row.torn} torn, ${row.lost} lost, ${row.litter} littered`;
	const clear = isShown ? "\r\u001b[K" : "";
	process.stderr.write(
		`${clear}${row.id} ${row.name}: ${found}, ${row.seconds} s${row.isControl ? " (control)" : ""}\n`,
	);
	if (row.complaint !== null) process.stderr.write(`FAILED: ${row.complaint}\n`);
}

const failed = rows.filter((row) => row.complaint !== null);
const proper = rows.filter(({ isControl }) => !isControl);
const sum = (count: (row: CrashRow) => number): number => proper.reduce((total, row) => total + count(row), 0);
const totals = {
	seed,
	isSample: sample || points !== null,
	seconds: Math.round((Date.now() - startedAt) / 1000),
	blows: sum(({ blows }) => blows),
	torn: sum(({ torn }) => torn),
	lost: sum(({ lost }) => lost),
	litter: sum(({ litter }) => litter),
	controls: rows.length - proper.length,
	failed: failed.map(({ name }) => name),
	leftOut,
};
const tally = [
	`${totals.isSample ? "a sample of the points" : "every point"}, seed ${seed}, ${totals.seconds} s`,
	`${totals.blows} kills, cuts, faults and edits: ${totals.torn} torn, ${totals.lost} lost, ${totals.litter} littered`,
	`${totals.controls} controls; ${failed.length} sweeps failed, ${leftOut} left out`,
].join("; ");
process.stdout.write(
	json ? `${JSON.stringify({ ...totals, rows }, null, "\t")}\n` : `\n${markdown(rows)}\n\n${tally}\n`,
);
process.exitCode = failed.length > 0 || rows.length === 0 || (leftOut > 0 && process.env["CI"] === "true") ? 1 : 0;
