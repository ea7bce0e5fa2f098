import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import type { Programs } from "./build-programs.ts";

/** One system call of a process: the nth of that name that its main thread makes once it is set going. */
export interface CallPoint {
	readonly name: string;
	readonly nth: number;
}

/** Lies after the worker's last acknowledgement: the call by which it ends. */
export const endPoint: CallPoint = { name: "exit_group", nth: 1 };

/** The calls by which a file system is told to make durable what it was given. */
export const flushes = ["fsync", "fdatasync", "syncfs"] as const;

/** The calls that write bytes into a file. */
export const writes = ["write", "writev", "pwrite64", "pwritev"] as const;

const strikesMax = 5;
// Every call by which a file system can be changed or flushed, under the names that today's C library and Node use.
// A question mark lets strace pass over one that it or the machine does not know.
const names = [
	...flushes,
	...writes,
	"openat",
	"openat2",
	"ftruncate",
	"fallocate",
	"copy_file_range",
	"sendfile",
	"ioctl",
	"chmod",
	"fchmod",
	"fchmodat",
	"fchmodat2",
	"lchown",
	"fchown",
	"fchownat",
	"utimensat",
	"mkdir",
	"mkdirat",
	"mknodat",
	"link",
	"linkat",
	"symlink",
	"symlinkat",
	"rename",
	"renameat",
	"renameat2",
	"unlink",
	"unlinkat",
	"rmdir",
	"setxattr",
	"lsetxattr",
	"fsetxattr",
	"removexattr",
	"lremovexattr",
	"fremovexattr",
];
// Opening changes something only where it makes or empties a file; these two requests copy, everything else asks.
const changing: Readonly<Record<string, RegExp>> = {
	openat: /O_CREAT|O_TRUNC/,
	openat2: /O_CREAT|O_TRUNC/,
	ioctl: /FICLONE/,
};

/** A run of the worker on a tree. */
export interface Command {
	readonly programs: Pick<Programs, "environment" | "path">;
	readonly args: readonly string[];
	/** The tree: only calls that name something in it count. */
	readonly root: string;
}

/** Runs the worker to its end and returns every system call by which it changes its tree, in order. */
export async function recordCalls(command: Command): Promise<readonly CallPoint[]> {
	const run = await startTraced(command, ["-f", "-e", traceOf(names)]);
	const { trace } = await run.ended;
	const counts = new Map<string, number>();
	const points: CallPoint[] = [];
	for (const line of trace) {
		const [, thread, name] = /^(\d+) +([a-z0-9_]+)\(/.exec(line) ?? [];
		if (name === undefined) continue;
		const isInside = changesTree(line, name, command);
		const isMain = Number(thread) === run.worker.pid;
		// Only the main thread is struck, lest another one's calls of that name be counted.
		if (!isMain && isInside) throw new Error(`not on the main thread: ${line}`);
		if (!isMain) continue;
		const nth = (counts.get(name) ?? 0) + 1;
		counts.set(name, nth);
		if (isInside) points.push({ name, nth });
	}
	return points;
}

/** A worker that has been stopped right after one of its calls. */
export interface Stop {
	/** How many calls that change its tree it has made, this one too. */
	readonly made: number;
	/** All that it has printed. */
	readonly output: string;
}

/**
 * Runs the worker and stops it after each call by which it changes its tree, until `onStop` answers that it is enough: then the worker
 * is killed. Returns what it printed if it came to its end, and null where it did not.
 */
export async function walkCalls(
	command: Command,
	skipped: readonly string[],
	onStop: (stop: Stop) => Promise<"on" | "enough">,
): Promise<string | null> {
	const stopping = names.filter((name) => !skipped.includes(name));
	const stop = ["-e", `inject=${known(stopping)}:signal=STOP`];
	const run = await startTraced(command, ["-e", traceOf(names), ...stop, ...skip(skipped)]);
	let made = 0;
	let last = "";
	try {
		for await (const line of run.lines) {
			const [, name] = /^([a-z0-9_]+)\(/.exec(line) ?? [];
			if (name !== undefined && !skipped.includes(name)) last = line;
			if (line !== "--- stopped by SIGSTOP ---") continue;
			const isPoint = changesTree(last, /^\w+/.exec(last)?.[0] ?? "", command);
			if (isPoint) made++;
			// What it printed before is read in this turn of the event loop.
			if (isPoint) await setImmediate();
			if (isPoint && (await onStop({ made, output: run.output() })) === "enough") run.worker.kill("SIGKILL");
			else run.worker.kill("SIGCONT");
		}
	} finally {
		run.worker.kill("SIGKILL");
	}
	const { output, signal } = await run.ended;
	return signal === "SIGKILL" ? null : output;
}

/** What became of a worker: all that it printed, the signal that ended it, and the calls that were traced. */
export interface WorkerEnd {
	readonly output: string;
	readonly signal: NodeJS.Signals | null;
	readonly trace: readonly string[];
}

/** What to do to a worker's calls. */
export interface Injection {
	readonly point: CallPoint;
	/** `signal=KILL`, `error=EIO`, … as strace spells it. */
	readonly effect: string;
	/** Calls that do nothing and succeed; the point must be none of them. */
	readonly skipped?: readonly string[];
	/** Calls that are listed in the trace besides. */
	readonly watched?: readonly string[];
}

/** A worker that runs under a tracer. */
export interface TracedWorker {
	readonly worker: ChildProcess;
	/** The lines of the trace, as they come. */
	readonly lines: Interface;
	/** Returns all that the worker has printed so far. */
	output(): string;
	readonly ended: Promise<WorkerEnd>;
}

/** Runs the worker on a tree and does something to one of its system calls. */
export async function runInjected(command: Command, injection: Injection): Promise<WorkerEnd> {
	const { ended } = await startInjected(command, injection);
	return ended;
}

/** The worker was struck at another call than was meant: the C library makes some of its own, such as opening a file when memory is short. */
export class MissedCall extends Error {
	constructor(line: string) {
		super(`struck at another call: ${line}`);
	}
}

/** Strikes, and again where another call than was meant was hit. Each time must begin anew. */
export async function untilStruck(strike: () => Promise<void>): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			await strike();
			return;
		} catch (error) {
			if (!(error instanceof MissedCall) || attempt === strikesMax) throw error;
		}
	}
}

/**
 * Runs the worker and kills it right before a call. Throws `MissedCall`, and where it was not killed there: it must have died of that signal, and the
 * last call of the trace must be one on the tree.
 */
export async function killAt(command: Command, point: CallPoint, skipped: readonly string[] = []): Promise<string> {
	const { output, signal, trace } = await runInjected(command, { point, effect: "signal=KILL", skipped });
	const last = trace.findLast((line) => line.includes(`${point.name}(`)) ?? "";
	if (signal !== "SIGKILL") throw new MissedCall(`not killed at ${point.name} ${point.nth}: ${output}`);
	if (point !== endPoint && !isOnTree(last, command)) throw new MissedCall(last);
	return output;
}

/** Starts the worker as `runInjected` does. */
export async function startInjected(
	command: Command,
	{ point, effect, skipped = [], watched = [] }: Injection,
): Promise<TracedWorker> {
	const inject = ["-e", `inject=${point.name}:${effect}:when=${point.nth}`];
	return startTraced(command, ["-e", traceOf([point.name, ...skipped, ...watched]), ...inject, ...skip(skipped)]);
}

/** Makes calls do nothing and succeed. */
function skip(calls: readonly string[]): readonly string[] {
	return calls.length === 0 ? [] : ["-e", `inject=${known(calls)}:retval=0`];
}

// strace comes when the worker has loaded all its code, which would take most of the time under it, and only then sets it going.
async function startTraced({ programs, args }: Command, strace: readonly string[]): Promise<TracedWorker> {
	const worker = spawn(process.execPath, [programs.path("worker"), ...args, "--wait"], {
		stdio: ["pipe", "pipe", "inherit"],
		env: programs.environment,
	});
	const end = once(worker, "close");
	let output = "";
	worker.stdout.setEncoding("utf8").on("data", (text: string) => {
		output += text;
	});
	await Promise.race([once(worker.stdout, "data"), end]);
	const follow = ["-y", "-o", "|cat", ...strace, "-p", String(worker.pid)];
	const tracer = spawn("strace", follow, { stdio: ["ignore", "pipe", "pipe"] });
	const tracerEnd = once(tracer, "close");
	const trace: string[] = [];
	const lines = createInterface({ input: tracer.stdout }).on("line", (line) => trace.push(line));
	await attached(tracer);
	worker.stdin.end("go\n");
	const ended = async (): Promise<WorkerEnd> => {
		const [, signal] = (await end) as [number | null, NodeJS.Signals | null];
		await tracerEnd;
		return { output, signal, trace };
	};
	return { worker, lines, output: () => output, ended: ended() };
}

/** Waits until a tracer says that it follows its process, and lets it talk on: it names every new thread. */
async function attached(tracer: ChildProcess): Promise<void> {
	let said = "";
	await new Promise<void>((resolve, reject) => {
		tracer.once("close", () => reject(new Error(`strace could not attach: ${said}`)));
		tracer.stderr?.setEncoding("utf8").on("data", (text: string) => {
			said += text;
			if (said.includes(" attached")) resolve();
		});
	});
}

/** Tells whether a line of the trace is of a call on the tree. Attributes and times are set through the worker's own descriptors. */
export function isOnTree(line: string, { root }: Command): boolean {
	return line.includes(root) || line.includes('"/proc/self/fd/');
}

/** Tells whether a line of the trace is of a call that changes the tree, or a file of it. */
function changesTree(line: string, name: string, command: Command): boolean {
	return isOnTree(line, command) && (changing[name]?.test(line) ?? true);
}

/** Returns what a worker answered, a line for each commit or recovery. */
export function answersOf(output: string): readonly string[] {
	return output.split("\n").filter((line) => line !== "" && line !== '{"kind":"ready"}');
}

function traceOf(calls: readonly string[]): string {
	return `trace=${known(calls)}`;
}

function known(calls: readonly string[]): string {
	return calls.map((name) => `?${name}`).join(",");
}
