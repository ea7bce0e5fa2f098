import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "@retake/base";
import { feedInput } from "../feed-input.ts";
import type { ControlGroup } from "../limits/control-group.ts";
import type { CommandProxy } from "../network/command-proxy.ts";
import type { NetworkReport } from "../network/network-options.ts";
import { createOutputCollector, type OutputCollector } from "../output-collector.ts";
import { readOutput } from "../read-output.ts";
import type { ExecRequest, ExecResult } from "../sandbox.ts";
import { createStatusReader } from "./bubblewrap-status.ts";
import { startChain } from "./chain-process.ts";
import { commandControls } from "./command-controls.ts";
import { type Ending, endingOf } from "./ending.ts";
import { type MemoryWatch, type MemoryWatcher, watchMemory } from "./memory-watcher.ts";
import { killProcess, type NamespaceInit, namespaceInit } from "./namespace-init.ts";
import type { CommandStreams } from "./pipe-slots.ts";

/** What one command is started with. */
export interface Launch {
	readonly line: readonly string[];
	readonly streams: CommandStreams;
	readonly group: ControlGroup | null;
	/** Does what must be done when its namespaces exist and before it is let go, such as opening its way out; null for nothing. */
	readonly beforeStart: ((processId: number) => Promise<CommandProxy | null>) | null;
	/** Whether a process of its group mounts its workspace, which ends only when it is told to. */
	readonly hasMounter: boolean;
	/** What a watcher holds the command to; null where the control group does. */
	readonly watched: Pick<MemoryWatch, "memoryBytes" | "placeBytes"> | null;
	readonly timeoutMs: number;
	readonly outputBytes: number;
	readonly clock: Clock;
	/** Aborted by the caller or by the sandbox's end. */
	readonly signal: AbortSignal;
}

/**
 * Runs a command to its end, to its deadline or to its cancellation. When it resolves or rejects, no process of the
 * command is alive. Throws `SANDBOX_FAILED` where the chain broke before the command was started.
 */
export async function runCommand(request: ExecRequest, launch: Launch): Promise<ExecResult> {
	const output = createOutputCollector(launch.outputBytes, request.onOutput);
	const startedAt = launch.clock.monotonic();
	const { line, streams, group, hasMounter } = launch;
	const chain = startChain({ line, streams, group, isGated: launch.beforeStart !== null, hasMounter });
	if (chain === null) return tooLong(output);
	const status = createStatusReader();
	let init: NamespaceInit | null = null;
	let watcher: MemoryWatcher | null = null;
	let killed: Ending["killed"] = null;
	let proxy: Promise<CommandProxy | null> | null = null;
	/** Aborted when listeners are waited for no longer, and when no more input is wanted. */
	const hurry = new AbortController();
	const over = new AbortController();
	const kill = (reason: NonNullable<Ending["killed"]>): void => {
		// A command that has ended by itself was in time.
		if (killed !== null || status.status().exitCode !== undefined) return;
		killed = reason;
		hurry.abort();
		over.abort();
		init?.kill();
		killProcess(-chain.processId);
	};
	const takeStatus = (bytes: Buffer): void => {
		status.add(bytes.toString("utf8"));
		const processId = status.status().init;
		if (processId === undefined || init !== null) return;
		init = namespaceInit(processId);
		if (killed !== null) init.kill();
		if (launch.watched !== null) {
			watcher = watchMemory({ ...launch.watched, init, clock: launch.clock, onExceeded: () => kill("memory") });
			watcher.ended.catch(() => kill("cancellation"));
		}
		if (launch.beforeStart !== null && chain.gate !== null) {
			proxy = letGo(launch.beforeStart(processId), chain.gate);
			proxy.catch(() => kill("cancellation"));
		}
		request.onStart?.(commandControls(init, launch.streams));
	};
	const statusEnd = readOutput(chain.status, takeStatus, hurry.signal);
	const drained = drain(launch.streams, request.stdin, output, { hurry: hurry.signal, over: over.signal });
	// What a listener of the caller's throws ends the command, and is thrown when everything is dead.
	for (const reading of [statusEnd, drained]) reading.catch(() => kill("cancellation"));

	const timer = setTimeout(() => kill("timeout"), launch.timeoutMs);
	const cancel = (): void => kill("cancellation");
	launch.signal.addEventListener("abort", cancel, { once: true });
	try {
		const end = await chain.ended(hurry.signal);
		const wallMs = Number(launch.clock.monotonic() - startedAt) / 1e6;
		if (chain.mounter !== null)
			await killUntil(-chain.processId, finished(chain.mounter.resume(), { writable: false }));
		if (killed !== null) await killUntil(-chain.processId, Promise.allSettled([statusEnd, drained]));
		await statusEnd;
		await confirmDead(init, launch.group);
		const network = await closed(proxy);
		over.abort();
		await drained;
		const memoryPeakBytes = await peakOf(watcher);
		const collected = output.collected();
		const usage = launch.group?.usage() ?? null;
		const ending = endingOf({
			killed,
			chainCode: end.exitCode,
			chainSignal: end.signal,
			status: status.status(),
			stderr: collected.stderr,
			memoryKills: usage?.memoryKills ?? 0,
			request,
		});
		return {
			...collected,
			...ending,
			network,
			usage: { wallMs, cpuMs: usage?.cpuMs ?? null, memoryPeakBytes: usage?.memoryPeakBytes ?? memoryPeakBytes },
		};
	} finally {
		closed(proxy).catch(() => undefined);
		(watcher as MemoryWatcher | null)?.stop();
		clearTimeout(timer);
		launch.signal.removeEventListener("abort", cancel);
		over.abort();
		for (const stream of [streams.stdin, streams.stdout, streams.stderr, chain.mounter]) stream?.destroy();
	}
}

/** Lets a command go when its way out is open. */
async function letGo(opening: Promise<CommandProxy | null>, gate: Writable): Promise<CommandProxy | null> {
	try {
		const proxy = await opening;
		gate.on("error", () => undefined).write("\n");
		return proxy;
	} finally {
		gate.end();
	}
}

async function closed(proxy: Promise<CommandProxy | null> | null): Promise<NetworkReport | null> {
	return (await proxy)?.close() ?? null;
}

/**
 * Kills a process group until it has let go of its streams: its namespace may have been in the making. That it has no process left would be
 * true only when somebody had reaped them, and whoever inherits them may never do so.
 */
async function killUntil(group: number, done: Promise<unknown>): Promise<void> {
	let isDone = false;
	const settled = done.then(() => {
		isDone = true;
	});
	while (!isDone) {
		killProcess(group);
		await Promise.race([settled, sleep(5)]);
	}
}

function tooLong(output: OutputCollector): ExecResult {
	void output.add("stderr", Buffer.from("retake: argument list too long; pass it on standard input or in a file\n"));
	return {
		...output.collected(),
		exitCode: 126,
		signal: null,
		timedOut: false,
		outOfMemory: false,
		cancelled: false,
		network: null,
		usage: { wallMs: 0, cpuMs: null, memoryPeakBytes: null },
	};
}

/** Returns the most that was seen; null where the command was over before anything of it could be. */
async function peakOf(watcher: MemoryWatcher | null): Promise<number | null> {
	watcher?.stop();
	return (await watcher?.ended) || null;
}

async function confirmDead(init: NamespaceInit | null, group: ControlGroup | null): Promise<void> {
	await init?.gone();
	while (group !== null) {
		const members = group.members();
		if (members.length === 0) return;
		for (const member of members) killProcess(member);
		await new Promise(setImmediate);
	}
}

/** Feeds the input and reads both outputs to their ends, whatever becomes of them. */
async function drain(
	streams: CommandStreams,
	stdin: ExecRequest["stdin"],
	output: OutputCollector,
	{ hurry, over }: { readonly hurry: AbortSignal; readonly over: AbortSignal },
): Promise<void> {
	await Promise.all([
		feed(streams, stdin, over),
		readOutput(streams.stdout, (bytes) => output.add("stdout", bytes), hurry),
		streams.stderr === null ? null : readOutput(streams.stderr, (bytes) => output.add("stderr", bytes), hurry),
	]);
}

async function feed({ stdin: sink }: CommandStreams, stdin: ExecRequest["stdin"], over: AbortSignal): Promise<void> {
	if (sink === null) return;
	// A command may stop reading, and must not fail for it.
	sink.on("error", () => undefined);
	over.addEventListener("abort", () => sink.destroy(), { once: true });
	await feedInput(stdin, sink, over);
	if (!over.aborted) sink.end();
}
