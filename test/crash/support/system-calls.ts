import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { promisify } from "node:util";

/** One system call of a process: the nth of that name on its main thread. */
export interface CallPoint {
	readonly name: string;
	readonly nth: number;
}

/** Lies after the worker's last acknowledgement: the call by which it ends. */
export const endPoint: CallPoint = { name: "exit_group", nth: 1 };

const worker = `${import.meta.dirname}/worker.ts`;
// None of these is used by Node's own start: each call of theirs is the commit's.
const names = [
	"openat2",
	"pwrite64",
	"fsync",
	"syncfs",
	"fchmod",
	"fchownat",
	"mkdirat",
	"symlinkat",
	"renameat",
	"renameat2",
	"unlinkat",
];

/** Runs the worker to its end and returns every system call by which it changes a file system, in order. */
export async function recordCalls(args: readonly string[], log: string): Promise<readonly CallPoint[]> {
	await promisify(execFile)("strace", [
		"-f",
		"--seccomp-bpf",
		"-o",
		log,
		"-e",
		`trace=${names.join(",")}`,
		process.execPath,
		worker,
		...args,
	]);
	const counts = new Map<string, number>();
	const points: CallPoint[] = [];
	for (const line of readFileSync(log, "utf8").split("\n")) {
		const name = /^\d+ +([a-z0-9_]+)\(/.exec(line)?.[1];
		if (name === undefined) continue;
		const nth = (counts.get(name) ?? 0) + 1;
		counts.set(name, nth);
		// At its exit Node flushes its own standard output and error, and where that fails it tries for ever.
		if (/fsync\([0-2]\b/.test(line)) continue;
		if (name !== "openat2" || line.includes("O_CREAT")) points.push({ name, nth });
	}
	rmSync(log);
	return points;
}

/** What became of a worker: all that it printed, and the signal that ended it. */
export interface WorkerEnd {
	readonly output: string;
	readonly signal: NodeJS.Signals | null;
	readonly exitCode: number | null;
}

/** Runs the worker and does something to one of its system calls: `signal=KILL`, `error=EIO`, … as strace spells it. */
export function runInjected(
	args: readonly string[],
	point: CallPoint,
	injection: string,
	skipped: readonly string[] = [],
): Promise<WorkerEnd> {
	return ended(startInjected(args, point, injection, skipped));
}

/** Starts the worker as `runInjected` does. Calls named in `skipped` do nothing and succeed; the point must be none of them. */
export function startInjected(
	args: readonly string[],
	point: CallPoint,
	injection: string,
	skipped: readonly string[] = [],
): ChildProcess {
	const inject = `inject=${point.name}:${injection}:when=${point.nth}`;
	const skip = skipped.length === 0 ? [] : ["-e", `inject=${skipped.join(",")}:retval=0`];
	const trace = `trace=${[point.name, ...skipped].join(",")}`;
	const strace = ["-f", "-qqq", "-o", "/dev/null", "-e", trace, "-e", inject, ...skip];
	return spawn("strace", [...strace, process.execPath, worker, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Runs the worker undisturbed, in a process of its own. */
export async function runWorker(args: readonly string[]): Promise<string> {
	const { stdout } = await promisify(execFile)(process.execPath, [worker, ...args], { maxBuffer: 2 ** 28 });
	return stdout;
}

/** Waits for a worker's end. */
export function ended(child: ChildProcess): Promise<WorkerEnd> {
	let output = "";
	child.stdout?.setEncoding("utf8").on("data", (text: string) => {
		output += text;
	});
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (exitCode, signal) => resolve({ output, signal, exitCode }));
	});
}

/** Works through a list, two at a time. */
export async function forEachOfTwo<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
	const queue = items.values();
	const lane = async (): Promise<void> => {
		for (const item of queue) await work(item);
	};
	await Promise.all([lane(), lane()]);
}

/** Picks at most `count` items, evenly spread, the first and the last among them. */
export function sample<Item>(items: readonly Item[], count: number): readonly Item[] {
	if (items.length <= count) return items;
	const step = (items.length - 1) / (count - 1);
	return Array.from({ length: count }, (_, index) => items[Math.round(index * step)] as Item);
}
