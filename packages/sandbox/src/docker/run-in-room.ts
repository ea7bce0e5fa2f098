import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock, SandboxLimits } from "@retake/base";
import { feedInput } from "../feed-input.ts";
import { createOutputCollector } from "../output-collector.ts";
import type { ExecRequest, ExecResult } from "../sandbox.ts";
import { deliverFrames } from "./deliver-frames.ts";
import { endOfCommand } from "./end-of-command.ts";
import type { Room } from "./room.ts";
import { startDeadline } from "./room-deadline.ts";

/** A request whose command has been written down for the launcher. */
export interface LaunchRequest extends Pick<ExecRequest, "stdin" | "timeoutMs" | "onOutput"> {
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
	const delivered = deliverFrames(room.stream, output, hurry, fail);
	// The outputs close with the last process, some milliseconds before the daemon removes the group with its counters.
	const drained = finished(room.stream, { writable: false }).then(
		() => room.cgroup.readFinal(),
		() => room.cgroup.readFinal(),
	);

	using deadline = startDeadline(room, request.timeoutMs ?? limits.timeoutMs, signal, () => over.abort());
	const started = clock.monotonic();
	room.stream.write(request.line);
	void feedInput(request.stdin, room.stream, over.signal).then(() => {
		if (!over.signal.aborted) room.stream.end();
	}, fail);
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
