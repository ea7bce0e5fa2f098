import { randomBytes } from "node:crypto";
import { type Clock, RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { checkRequest } from "../check-request.ts";
import { fixedEnvironment } from "../fixed-environment.ts";
import type { Enforcement, ExecRequest, ExecResult, Sandbox, SandboxOptions } from "../sandbox.ts";
import { dockerSeccompProfile } from "../seccomp/docker-seccomp-profile.ts";
import { daemonFailure, withDaemon } from "./docker-client.ts";
import { launchLine } from "./launch-line.ts";
import { createLayerVolume } from "./layer-volume.ts";
import { layersThatFit } from "./overlay-options.ts";
import { startRoom } from "./room.ts";
import { type RoomSettings, roomDescription } from "./room-settings.ts";
import { runInRoom } from "./run-in-room.ts";

/** What a docker sandbox is made of. */
export interface DockerSandboxParts {
	readonly docker: Docker;
	readonly clock: Clock;
	readonly imageId: string;
	readonly runtime: string | undefined;
	readonly owner: { readonly uid: number; readonly gid: number };
	readonly enforcement: Enforcement;
	readonly options: SandboxOptions;
}

/**
 * Opens a sandbox whose every command runs in a container of its own. Throws `SANDBOX_UNAVAILABLE` where the layers' volume
 * cannot be reached from here, `SANDBOX_FAILED` where the daemon fails.
 */
export async function openDockerSandbox(parts: DockerSandboxParts): Promise<Sandbox> {
	const { docker, options, owner, imageId, runtime } = parts;
	const { limits } = options;
	const session = randomBytes(8).toString("hex");
	const volume = await createLayerVolume(docker, { session, imageId, limits, owner, runtime });
	const settings: RoomSettings = {
		session,
		imageId,
		limits,
		owner,
		mounts: options.mounts,
		runtime,
		hasInit: volume.hasInit,
		seccompProfile: JSON.stringify(dockerSeccompProfile()),
	};
	const running = new Set<Promise<ExecResult>>();
	const closing = new AbortController();

	const execOnce = async (request: ExecRequest): Promise<ExecResult> => {
		checkRequest(request);
		if (request.terminal !== undefined || typeof request.network !== "string") throw notInDocker();
		const environment = { ...fixedEnvironment(options.pathPrefix), ...request.env };
		const line = launchLine(request.argv, directoryOf(request.cwd), environment);
		const signals = request.signal === undefined ? [closing.signal] : [closing.signal, request.signal];
		const signal = AbortSignal.any(signals);
		if (signal.aborted) return cancelledBeforeStart;
		const description = roomDescription(settings, request.workspace, request.network);
		await using room = await startRoom(docker, description, () => volume.makeRoom());
		return await runInRoom(room, { ...request, line, signal }, { limits, clock: parts.clock });
	};

	return {
		driver: "docker",
		layerSpace: { root: volume.root, layersMax: layersThatFit(volume.root, options.treesDirectory) },
		enforcement: parts.enforcement,
		openLoopback: () => Promise.reject(notInDocker()),
		exec: (request) => {
			if (closing.signal.aborted) {
				const error = new RetakeError("SESSION_CLOSED", "the sandbox is closed", { sort: "misuse" });
				return Promise.reject(error);
			}
			const result = execOnce(request).catch((error: unknown) => {
				throw error instanceof SuppressedError ? daemonFailure("the command could not be run", error) : error;
			});
			running.add(result);
			const forget = (): void => void running.delete(result);
			result.then(forget, forget);
			return result;
		},
		[Symbol.asyncDispose]: async () => {
			closing.abort();
			await Promise.allSettled(running);
			await withDaemon("the layers' volume could not be removed", async () => volume[Symbol.asyncDispose]());
		},
	};
}

function notInDocker(): RetakeError {
	return new RetakeError("USAGE", "the docker driver has no terminals and no loopback for several commands yet", {
		sort: "misuse",
		remedy: "use the bubblewrap driver for them",
	});
}

function directoryOf(cwd: string): string {
	return cwd === "" ? "/workspace" : `/workspace/${cwd}`;
}

const cancelledBeforeStart: ExecResult = {
	exitCode: null,
	signal: null,
	stdout: new Uint8Array(),
	stderr: new Uint8Array(),
	droppedBytes: { stdout: 0, stderr: 0 },
	timedOut: false,
	outOfMemory: false,
	cancelled: true,
	usage: { wallMs: 0, cpuMs: null, memoryPeakBytes: null },
};
