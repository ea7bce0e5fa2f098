import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
	chmodSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { openRuntime, type RuntimeOptions } from "@retake/runtime";
import type { CorpusCommand } from "./corpus.ts";
import { projectFiles } from "./project-files.ts";

/** What one command came to, executed twice. */
export interface CorpusOutcome {
	readonly command: CorpusCommand;
	/** Null where both were the same to the byte: exit, both outputs, changed files. */
	readonly difference: { readonly fields: readonly string[]; readonly cause: string; readonly example: string } | null;
	readonly exitCode: number | null;
}

/** Times of the project's files, so that each copy of it is the same. */
const filesWrittenAt = 1_700_000_000;

/** Lays the project out in a fresh directory. */
export function layOutProject(): string {
	const project = mkdtempSync(join(tmpdir(), "retake-corpus-"));
	for (const [path, content] of Object.entries(projectFiles)) {
		mkdirSync(dirname(join(project, path)), { recursive: true });
		writeFileSync(join(project, path), content);
		utimesSync(join(project, path), filesWrittenAt, filesWrittenAt);
	}
	symlinkSync("/opt/npm/node_modules", join(project, "node_modules"));
	chmodSync(project, 0o755);
	return project;
}

/** Executes each command in a session, then the whole run again, as `retake replay --verify` does. */
export async function verifyCorpus(
	commands: readonly CorpusCommand[],
	options: Omit<RuntimeOptions, "workspace">,
	onProgress: (line: string) => void,
): Promise<readonly CorpusOutcome[]> {
	const project = layOutProject();
	try {
		await using runtime = await openRuntime({ toolchain: "none", ...options, workspace: project });
		const base = await runtime.freeze("worktree");
		const session = await runtime.startSession({ base, kind: "library", title: "corpus", program: null });
		const exitCodes: (number | null)[] = [];
		const start = session.savepoint();
		for (const { script } of commands) {
			onProgress(script);
			const { exitCode } = await session.call("exec", { argv: ["/bin/sh", "-c", script] });
			exitCodes.push(exitCode);
			session.rollbackTo(start);
		}
		const { runId } = await session.keep({ verdict: "done", failed: false });
		onProgress("again");
		const { differences, calls } = await runtime.verify(runtime.store.runs.get(runId), { policy: "report" });
		if (calls !== commands.length) throw new Error(`${calls} calls were executed again, not ${commands.length}`);
		return commands.map((command, index) => {
			const found = differences.filter(({ address }) => address.sequence === index);
			const [first] = found;
			return {
				command,
				exitCode: exitCodes[index] ?? null,
				difference:
					first === undefined
						? null
						: {
								fields: found.map(({ field }) => field),
								cause: first.cause,
								example: firstDifference(first.recorded, first.actual),
							},
			};
		});
	} finally {
		rmSync(project, { recursive: true, force: true });
	}
}

/** Executes each command twice with `docker run`, as people do it: a fresh copy of the project, bound at /workspace. */
export async function compareInDocker(
	commands: readonly CorpusCommand[],
	{ socketPath, reference }: { readonly socketPath: string; readonly reference: string },
	onProgress: (line: string) => void,
): Promise<readonly CorpusOutcome[]> {
	const outcomes: CorpusOutcome[] = [];
	for (const command of commands) {
		onProgress(command.script);
		const [a, b] = [
			await runInDocker(command, socketPath, reference),
			await runInDocker(command, socketPath, reference),
		];
		const fields = (["exitCode", "stdout", "stderr", "files"] as const).filter((field) => a[field] !== b[field]);
		const [first] = fields;
		outcomes.push({
			command,
			exitCode: Number(a.exitCode),
			difference: first === undefined ? null : { fields, cause: "other", example: firstDifference(a[first], b[first]) },
		});
	}
	return outcomes;
}

async function runInDocker(command: CorpusCommand, socketPath: string, reference: string) {
	const project = layOutProject();
	try {
		for (const path of ["", ...readdirSync(project, { recursive: true, encoding: "utf8" })]) {
			if (!lstatSync(join(project, path)).isSymbolicLink())
				chmodSync(join(project, path), lstatSync(join(project, path)).mode | 0o666);
		}
		const room = [
			"--rm",
			"--network=none",
			"-u",
			"1000:1000",
			"-e",
			"HOME=/tmp",
			"-v",
			`${project}:/workspace`,
			"-w",
			"/workspace",
		];
		const words = ["-H", `unix://${socketPath}`, "run", ...room, reference, "/bin/sh", "-c", command.script];
		const run = await promisify(execFile)("docker", words, { maxBuffer: 64 * 1024 ** 2, encoding: "latin1" }).then(
			({ stdout, stderr }) => ({ exitCode: "0", stdout, stderr }),
			(error: { code: number; stdout: string; stderr: string }) => ({
				exitCode: String(error.code),
				stdout: error.stdout,
				stderr: error.stderr,
			}),
		);
		return { ...run, files: describeTree(project) };
	} finally {
		rmSync(project, { recursive: true, force: true });
	}
}

/** What a changeset would say of a tree: contents, modes and links. */
function describeTree(root: string): string {
	const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).toSorted();
	return paths
		.map((path) => {
			const stats = lstatSync(join(root, path));
			if (stats.isSymbolicLink()) return `${path} -> ${readlinkSync(join(root, path))}`;
			if (!stats.isFile()) return path;
			const digest = createHash("sha256")
				.update(readFileSync(join(root, path)))
				.digest("hex");
			return `${path} ${stats.mode.toString(8)} ${digest.slice(0, 12)}`;
		})
		.join("\n");
}

/** Shows where two texts part. */
function firstDifference(a: string, b: string): string {
	let at = 0;
	while (at < a.length && a[at] === b[at]) at++;
	const from = Math.max(0, at - 12);
	return `${JSON.stringify(a.slice(from, at + 24))} / ${JSON.stringify(b.slice(from, at + 24))}`;
}
