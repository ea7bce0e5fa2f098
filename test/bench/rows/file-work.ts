import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openRuntime, type Session } from "@retake/runtime";
import type { BenchRow, BenchSection } from "../harness/bench-row.ts";
import { interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { plantFiles } from "../peers/plant-files.ts";

const repositoryInside = "/opt/bench/repository";
const outside = "outside";
const inside = "retake: exec, captured and on record";

/** Compares work that is all files, inside a session and outside: `git status` of many, `npm ci` of packages that are at hand. */
export const fileWorkRow: BenchRow = {
	name: "file-work",
	title: "work that is all files, inside and outside",
	run: async ({ scratch, smoke }) => {
		const rounds = smoke ? 2 : 11;
		const files = smoke ? 500 : 100_000;
		const sections = [
			await gitStatus(join(scratch, "status"), files, rounds),
			await npmCi(join(scratch, "npm"), rounds, smoke),
		];
		return {
			sections,
			targets: [],
			notes: [
				"Inside, what a command wrote is captured too: for npm ci every file that it installed is hashed and stored.",
			],
		};
	},
};

async function gitStatus(scratch: string, files: number, rounds: number): Promise<BenchSection> {
	const workspace = join(scratch, "workspace");
	const repository = join(scratch, "repository");
	mkdirSync(scratch, { recursive: true });
	plantFiles(workspace, files);
	const git = (directory: string, tree: string): string[] => [
		...[
			"git",
			`--git-dir=${directory}`,
			`--work-tree=${tree}`,
			"-c",
			"safe.directory=*",
			"-c",
			"core.checkStat=minimal",
		],
		...["-c", "core.trustctime=false", "--no-optional-locks"],
	];
	const run = ([program = "", ...words]: readonly string[]): string =>
		execFileSync(program, words, { cwd: workspace, encoding: "utf8", maxBuffer: 2 ** 30 });
	run(["git", "init", "-q", "--bare", repository]);
	run([...git(repository, workspace), "add", "-A"]);
	const status = ["status", "--porcelain", "--untracked-files=no"];
	const mounts = [{ source: repository, target: repositoryInside }];
	await using runtime = await openRuntime({ workspace, store: join(scratch, "store"), mounts });
	await using session = await open(runtime);
	const start = session.savepoint();
	const expected = run([...git(repository, workspace), ...status]).length;
	return {
		title: `git status of ${files.toLocaleString("en")} files`,
		measurements: await interleave(
			[
				{ name: outside, sample: () => measure(async () => void run([...git(repository, workspace), ...status])) },
				{
					name: inside,
					sample: async () => {
						const argv = [...git(repositoryInside, "/workspace"), ...status];
						const milliseconds = await measure(async () => {
							const { exitCode, stdout, stderr } = await session.call("exec", { argv });
							if (exitCode === 0 && stdout.length === expected) return;
							throw new Error(`git status ended with ${exitCode}: ${Buffer.from(stderr).toString()}`);
						});
						session.rollbackTo(start);
						return milliseconds;
					},
				},
			],
			rounds,
		),
	};
}

async function npmCi(scratch: string, rounds: number, smoke: boolean): Promise<BenchSection> {
	const [packages, filesEach] = smoke ? [2, 10] : [50, 100];
	const workspace = join(scratch, "workspace");
	const names = Array.from({ length: packages }, (_, index) => `part-${index}`);
	for (const directory of ["parts", "workspace/parts"]) mkdirSync(join(scratch, directory), { recursive: true });
	for (const name of names) {
		const part = join(scratch, "parts", name);
		plantFiles(part, filesEach);
		writeFileSync(join(part, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
		execFileSync("npm", ["pack", "--silent", "--pack-destination", join(workspace, "parts")], {
			cwd: part,
			stdio: "ignore",
		});
	}
	const dependencies = Object.fromEntries(names.map((name) => [name, `file:parts/${name}-1.0.0.tgz`]));
	writeFileSync(join(workspace, "package.json"), JSON.stringify({ name: "whole", version: "1.0.0", dependencies }));
	const quiet = [
		"--offline",
		"--ignore-scripts",
		"--no-audit",
		"--no-fund",
		"--silent",
		"--cache",
		"/tmp/retake-bench-npm",
	];
	// The same Node as inside.
	const env = { PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: scratch };
	const npm = (...words: string[]) =>
		execFileSync("npm", [...words, ...quiet], { cwd: workspace, env, stdio: "ignore" });
	npm("install", "--package-lock-only");
	await using runtime = await openRuntime({ workspace, store: join(scratch, "store"), exclude: ["node_modules"] });
	await using session = await open(runtime);
	const start = session.savepoint();
	const section = {
		title: `npm ci --offline, ${packages} packages of ${filesEach} files`,
		measurements: await interleave(
			[
				{
					name: outside,
					sample: async () => {
						rmSync(join(workspace, "node_modules"), { recursive: true, force: true });
						return measure(async () => void npm("ci"));
					},
				},
				{
					name: inside,
					sample: async () => {
						const milliseconds = await measure(async () => {
							const { exitCode, stderr } = await session.call("exec", { argv: ["npm", "ci", ...quiet] });
							if (exitCode !== 0) throw new Error(`npm ci ended with ${exitCode}: ${Buffer.from(stderr).toString()}`);
						});
						session.rollbackTo(start);
						return milliseconds;
					},
				},
			],
			rounds,
		),
	};
	rmSync("/tmp/retake-bench-npm", { recursive: true, force: true });
	return section;
}

async function open(runtime: Awaited<ReturnType<typeof openRuntime>>): Promise<Session> {
	const base = await runtime.freeze("worktree");
	return runtime.startSession({ base, kind: "library", title: "bench", program: null });
}
