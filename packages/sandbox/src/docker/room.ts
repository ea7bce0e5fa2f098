import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { daemonFailure, daemonStatus, withDaemon, withDaemonRemoval } from "./docker-client.ts";
import { findRoomCgroup, type RoomCgroup } from "./room-cgroup.ts";
import { startTicksOf } from "./runner-identity.ts";

/** How a room's first process ended, and with it every other. */
export interface RoomEnd {
	readonly exitCode: number;
	readonly outOfMemory: boolean;
}

/** A running container whose launcher waits for its one command. Disposal kills what is in it and removes it with its mount. */
export interface Room extends AsyncDisposable {
	/** The launcher's standard input; from it come the multiplexed outputs. */
	readonly stream: Duplex;
	readonly cgroup: RoomCgroup;
	/** Of the room's first process, as the daemon's machine counts. */
	readonly processId: number;
	readonly containerId: string;
	/** Resolves when the first process of the room's pid namespace is gone: the kernel has killed and reaped all others before. */
	readonly ended: Promise<RoomEnd>;
	/** Kills every process of the room. Returns when the daemon has sent the signal; `ended` says when they are dead. */
	kill(): Promise<void>;
}

/**
 * Makes a room and waits until its launcher runs. Where the layers' space is too full for one more mount, `makeRoom` is called and
 * all is tried once more. Throws `SANDBOX_FAILED`, and leaves nothing behind.
 */
export async function startRoom(
	docker: Docker,
	description: Docker.ContainerCreateOptions,
	makeRoom: () => Promise<void>,
): Promise<Room> {
	try {
		return await startOnce(docker, description);
	} catch (error) {
		if (!(error instanceof Error) || !error.message.includes("no space left on device")) throw error;
		await makeRoom();
		return startOnce(docker, description);
	}
}

async function startOnce(docker: Docker, description: Docker.ContainerCreateOptions): Promise<Room> {
	await using undo = new AsyncDisposableStack();
	const container = await withDaemon("cannot make the container", () => docker.createContainer(description));
	undo.defer(() => withDaemonRemoval("cannot remove the container", () => container.remove({ force: true, v: true })));
	const stream = (await withDaemon("cannot attach to the container", () =>
		container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true }),
	)) as Duplex;
	undo.defer(() => {
		stream.destroy();
	});
	// A connection that the daemon drops shows in `ended`, with its cause; unheard, the event would end this process.
	stream.on("error", () => {});

	await withDaemon("cannot start the container", () => container.start());
	const { State: state } = await withDaemon("cannot look at the container", () => container.inspect());
	const ended = waitForEnd(container, stream, state.Pid);
	ended.catch(() => {});
	const kept = undo.move();
	return {
		stream,
		cgroup: findRoomCgroup(state.Pid),
		processId: state.Pid,
		containerId: container.id,
		ended,
		kill: () => killContainer(container),
		[Symbol.asyncDispose]: () => kept.disposeAsync(),
	};
}

/**
 * Waits for the streams to close, then for the daemon's word. The daemon's own "wait" is no help: when the daemon dies in the
 * middle of its answer, the client never hears of it.
 */
async function waitForEnd(container: Docker.Container, stream: Duplex, pid: number): Promise<RoomEnd> {
	const startTicks = startTicksOf(pid);
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
		if (startTicks !== null) await killDirectly(pid, startTicks);
		throw daemonFailure("the daemon lost the container", error);
	}
}

async function killDirectly(pid: number, startTicks: string): Promise<void> {
	for (let attempt = 0; attempt < 500 && startTicksOf(pid) === startTicks; attempt++) {
		if (attempt === 0) process.kill(pid, "SIGKILL");
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

async function killContainer(container: Docker.Container): Promise<void> {
	try {
		await container.kill({ signal: "SIGKILL" });
	} catch (error) {
		// 404 and 409: it ended by itself meanwhile.
		if (daemonStatus(error) !== 404 && daemonStatus(error) !== 409) {
			throw daemonFailure("cannot kill the container", error);
		}
	}
}
