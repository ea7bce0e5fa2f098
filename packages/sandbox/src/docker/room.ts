import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import type { CommandSignal, TerminalSize } from "../sandbox.ts";
import { attachToRoom, untilGateOpens } from "./attach-to-room.ts";
import { daemonFailure, daemonStatus, withDaemon, withDaemonRemoval } from "./docker-client.ts";
import { countsNothing, findRoomCgroup, type RoomCgroup } from "./room-cgroup.ts";
import { startTicksOf } from "./runner-identity.ts";
import { untilRuns } from "./until-runs.ts";

/** How a room's first process ended, and with it every other. */
export interface RoomEnd {
	readonly exitCode: number;
	readonly outOfMemory: boolean;
}

/** A running container whose launcher waits for its one command. Disposal kills what is in it and removes it with its mount. */
export interface Room extends AsyncDisposable {
	/** The launcher's standard input; from it come the multiplexed outputs, or what a terminal shows. */
	readonly stream: Duplex;
	readonly cgroup: RoomCgroup;
	readonly isTerminal: boolean;
	/** Of the room's first process, as the daemon's machine counts. */
	readonly processId: number;
	readonly containerId: string;
	/** Resolves when the first process of the room's pid namespace is gone: the kernel has killed and reaped all others before. */
	readonly ended: Promise<RoomEnd>;
	/** Tells whether it still waits at its gate: its first process lives and the daemon holds the streams. */
	isFit(): boolean;
	/** Waits until its launcher runs. Throws `SANDBOX_FAILED` where the image lets it not. */
	requireLauncher(): Promise<void>;
	/** Resolves when the kernel shows no first process any more, without asking the daemon; never where that cannot be seen. */
	untilDead(signal: AbortSignal): Promise<void>;
	/** Kills every process of the room: at once where they are on this machine, else through the daemon. `ended` says when they are dead. */
	kill(): Promise<void>;
	/** Sends a signal to the command: the init passes it on. Nothing happens where it has ended. */
	signal(name: CommandSignal): Promise<void>;
	/** Changes the size of the terminal. Nothing happens where there is none, or the command has ended. */
	resize(size: TerminalSize): Promise<void>;
}

/** Makes a room and waits until its launcher runs. Throws `SANDBOX_FAILED`, and leaves nothing behind. */
export async function startRoom(
	docker: Docker,
	description: Docker.ContainerCreateOptions,
	place: "this-machine" | "another-machine",
	terminal: TerminalSize | null,
): Promise<Room> {
	await using undo = new AsyncDisposableStack();
	const container = await withDaemon("cannot make the container", () => docker.createContainer(description));
	undo.defer(() => withDaemonRemoval("cannot remove the container", () => container.remove({ force: true, v: true })));
	const stream = await withDaemon("cannot attach to the container", () => attachToRoom(docker, container.id));
	undo.defer(() => {
		stream.destroy();
	});
	// A connection that the daemon drops shows in `ended`, with its cause; unheard, the event would end this process.
	stream.on("error", () => {});

	await withDaemon("cannot start the container", () => container.start());
	if (terminal !== null) {
		await withDaemon("cannot size the terminal", () => container.resize({ h: terminal.rows, w: terminal.columns }));
		await untilGateOpens(stream);
	}
	const { State: state } = await withDaemon("cannot look at the container", () => container.inspect());
	const first = place === "this-machine" ? firstProcess(state.Pid) : null;
	const ended = waitForEnd(container, stream, first);
	ended.catch(() => {});
	const kept = undo.move();
	return {
		stream,
		isTerminal: terminal !== null,
		cgroup: first === null ? countsNothing : findRoomCgroup(first.pid),
		processId: state.Pid,
		containerId: container.id,
		ended,
		isFit: () => !stream.destroyed && !stream.readableEnded && first?.lives() !== false,
		requireLauncher: () => withDaemon("cannot look into the container", () => untilRuns(container)),
		untilDead: async (signal) => {
			if (first === null) await new Promise<never>(() => {});
			while (first?.lives() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 2));
		},
		kill: async () => {
			if (first === null) await unlessEnded("cannot kill the container", () => container.kill({ signal: "SIGKILL" }));
			else first.kill();
		},
		signal: (name) => unlessEnded("cannot signal the command", () => container.kill({ signal: name })),
		resize: async ({ columns, rows }) => {
			if (terminal === null) return;
			await unlessEnded("cannot size the terminal", () => container.resize({ h: rows, w: columns }));
		},
		[Symbol.asyncDispose]: () => kept.disposeAsync(),
	};
}

/** The first process of a room on this machine. The kernel kills all others of its namespace before it is gone itself. */
interface FirstProcess {
	readonly pid: number;
	lives(): boolean;
	kill(): void;
}

function firstProcess(pid: number): FirstProcess {
	const startTicks = startTicksOf(pid);
	const lives = (): boolean => startTicks !== null && startTicksOf(pid) === startTicks;
	return {
		pid,
		lives,
		kill: () => {
			if (!lives()) return;
			try {
				process.kill(pid, "SIGKILL");
			} catch (error) {
				if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
			}
		},
	};
}

/**
 * Waits for the streams to close, then for the daemon's word. The daemon's own "wait" is no help: when the daemon dies in the
 * middle of its answer, the client never hears of it.
 */
async function waitForEnd(container: Docker.Container, stream: Duplex, first: FirstProcess | null): Promise<RoomEnd> {
	const { promise: closed, resolve: close } = Promise.withResolvers<void>();
	stream.once("end", close).once("close", close);
	await closed;
	try {
		for (let pauseMs = 2; ; pauseMs = Math.min(2 * pauseMs, 200)) {
			// The daemon answers for a dead container when it has undone its mounts: it holds the container's lock until then.
			const { State: state } = await container.inspect();
			if (!state.Running) return { exitCode: state.ExitCode, outOfMemory: state.OOMKilled };
			await new Promise((resolve) => setTimeout(resolve, pauseMs));
		}
	} catch (error) {
		// Containers outlive a daemon that dies; nobody would ask for the end of this one any more.
		if (first !== null) await killDirectly(first);
		throw daemonFailure("the daemon lost the container", error);
	}
}

async function killDirectly(first: FirstProcess): Promise<void> {
	for (let attempt = 0; attempt < 500 && first.lives(); attempt++) {
		if (attempt === 0) first.kill();
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

async function unlessEnded(what: string, exchange: () => Promise<unknown>): Promise<void> {
	try {
		await exchange();
	} catch (error) {
		// 404 and 409: it ended by itself meanwhile.
		if (daemonStatus(error) !== 404 && daemonStatus(error) !== 409) throw daemonFailure(what, error);
	}
}
