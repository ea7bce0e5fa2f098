import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock, SandboxLimits } from "@retake/base";
import { feedInput } from "../feed-input.ts";
import { createOutputCollector } from "../output-collector.ts";
import type { CommandControls, ExecRequest, ExecResult } from "../sandbox.ts";
import { whenAborted } from "../when-aborted.ts";
import { deliverFrames } from "./deliver-frames.ts";
import { endOfCommand } from "./end-of-command.ts";
import type { Room } from "./room.ts";
import { startDeadline } from "./room-deadline.ts";
import { createFrameSplitter } from "./split-frames.ts";
import { splitTerminal } from "./split-terminal.ts";

/** A request whose command has been written down for the launcher. */
export interface LaunchRequest extends Pick<ExecRequest, "stdin" | "timeoutMs" | "onOutput" | "onStart"> {
	readonly line: string;
	readonly signal: AbortSignal;
}

/** How long the output of a command that was killed may take to arrive when its processes are gone. */
const drainMsMax = 1000;

/** What a command runs under. */
export interface RunSettings {
	readonly limits: SandboxLimits;
	readonly clock: Clock;
}

/**
 * Runs a request's command as the one command of a room, to its end or to its deadline. When it returns, every process of the
 * room is dead. Throws `SANDBOX_FAILED` where the daemon failed.
 */
export async function runInRoom(
	room: Room,
	request: LaunchRequest,
	settings: RunSettings,
): Promise<Omit<ExecResult, "network">> {
	const { limits, clock } = settings;
	const stopping = new AbortController();
	/** Aborted when the command has ended or its time has. */
	const over = new AbortController();
	const signal = AbortSignal.any([request.signal, stopping.signal]);
	const output = createOutputCollector(limits.outputBytes, request.onOutput);
	const listener: { failure: { readonly error: unknown } | null } = { failure: null };
	// It is the caller's own: thrown when the command is dead.
	const fail = (error: unknown): void => {
		listener.failure ??= { error };
		stopping.abort();
	};
	const hurry = AbortSignal.any([signal, over.signal]);
	const through = Promise.withResolvers<void>();
	const splitting = room.isTerminal ? splitTerminal(through.resolve) : createFrameSplitter;
	const delivered = deliverFrames(room.stream, splitting, output, hurry, fail);
	// The outputs close with the last process, some milliseconds before the daemon removes the group with its counters.
	const drained = finished(room.stream, { writable: false }).then(
		() => room.cgroup.readFinal(),
		() => room.cgroup.readFinal(),
	);

	using deadline = startDeadline(room, request.timeoutMs ?? limits.timeoutMs, signal, () => over.abort());
	const started = clock.monotonic();
	room.stream.write(request.line);
	if (!room.isTerminal) through.resolve();
	const command = async (): Promise<void> => {
		await Promise.race([through.promise, whenAborted(over.signal)]);
		if (over.signal.aborted) return;
		const { controls, done } = controlsOf(room, fail);
		request.onStart?.(controls);
		// Keys that are typed after a resize find the terminal resized.
		await feedInput(request.stdin, room.stream, over.signal, done);
		// With its input, the daemon would take a terminal's outputs for ended.
		if (!over.signal.aborted && !room.isTerminal) room.stream.end();
	};
	command().catch(fail);
	const end = await Promise.race([room.ended, deadline.killed, deadline.failed]).catch((error: unknown) => {
		over.abort();
		throw error;
	});
	const counters = await Promise.race([drained, sleep(drainMsMax, room.cgroup.readFinal(), { ref: false })]);
	await delivered();
	over.abort();
	const wallMs = Number((clock.monotonic() - started) / 1_000_000n);

	if (listener.failure !== null) throw listener.failure.error;
	const { timedOut, cancelled } = deadline;
	return {
		...endOfCommand(end.exitCode),
		...output.collected(),
		timedOut,
		cancelled,
		outOfMemory: end.outOfMemory || (counters.memoryKills ?? 0) > 0,
		usage: { wallMs, cpuMs: counters.cpuMs, memoryPeakBytes: counters.memoryPeakBytes },
	};
}

/** Controls whose effects come in the order in which they were asked for. */
interface RoomControls {
	readonly controls: CommandControls;
	/** Resolves when all that was asked for until now has been done. */
	readonly done: () => Promise<unknown>;
}

/** What cannot be done ends the command, and is thrown with its end. */
function controlsOf(room: Room, fail: (error: unknown) => void): RoomControls {
	let last: Promise<unknown> = Promise.resolve();
	const ask = (work: () => Promise<void>): void => {
		last = last.then(work).catch(fail);
	};
	return {
		controls: { signal: (name) => ask(() => room.signal(name)), resize: (size) => ask(() => room.resize(size)) },
		done: () => last,
	};
}
