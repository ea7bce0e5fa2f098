import { randomBytes } from "node:crypto";
import { type Clock, RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { checkRequest } from "../check-request.ts";
import { fixedClockEnvironment, withPreloads } from "../determinism/fixed-clock.ts";
import { fixedEnvironment } from "../fixed-environment.ts";
import { proxyPort } from "../network/network-environment.ts";
import type { SandboxNetwork } from "../network/sandbox-network.ts";
import type { Enforcement, ExecRequest, ExecResult, Sandbox, SandboxOptions } from "../sandbox.ts";
import { dockerSeccompProfile } from "../seccomp/docker-seccomp-profile.ts";
import { daemonFailure, withDaemon } from "./docker-client.ts";
import { launchLine } from "./launch-line.ts";
import { layOutFiles } from "./lay-out-files.ts";
import { createLayerVolume } from "./layer-volume.ts";
import { layersThatFit } from "./overlay-options.ts";
import { processInRoom } from "./process-in-room.ts";
import { requireFaketimeOfImage } from "./require-faketime.ts";
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
	/** Owned by the sandbox. */
	readonly network: SandboxNetwork | null;
}

/**
 * Opens a sandbox whose every command runs in a container of its own. Throws `SANDBOX_UNAVAILABLE` where the layers' volume
 * cannot be reached from here, `SANDBOX_FAILED` where the daemon fails.
 */
export async function openDockerSandbox(parts: DockerSandboxParts): Promise<Sandbox> {
	const { docker, options, owner, imageId, runtime, network } = parts;
	const { limits } = options;
	const session = randomBytes(8).toString("hex");
	const clockEnvironment =
		options.clock === undefined
			? {}
			: fixedClockEnvironment(options.clock, await requireFaketimeOfImage(docker, imageId, process.arch, session));
	const volume = await createLayerVolume(docker, { session, imageId, limits, owner, runtime });
	const settings: RoomSettings = {
		session,
		imageId,
		limits,
		owner,
		mounts: withPreloads(options),
		files: layOutFiles(volume.root, network?.files ?? {}),
		runtime,
		hasInit: volume.hasInit,
		seccompProfile: JSON.stringify(dockerSeccompProfile()),
	};
	const running = new Set<Promise<ExecResult>>();
	const closing = new AbortController();

	const execOnce = async (request: ExecRequest): Promise<ExecResult> => {
		checkRequest(request);
		if (request.terminal !== undefined || request.network !== "none") throw notInDocker();
		const environment = {
			...fixedEnvironment(options.pathPrefix),
			...clockEnvironment,
			...network?.environment(proxyPort),
			...request.env,
		};
		const line = launchLine(request.argv, directoryOf(request.cwd), environment);
		const signals = request.signal === undefined ? [closing.signal] : [closing.signal, request.signal];
		const signal = AbortSignal.any(signals);
		if (signal.aborted) return cancelledBeforeStart;
		const description = roomDescription(settings, request.workspace);
		await using room = await startRoom(docker, description, () => volume.makeRoom());
		const run = () => runInRoom(room, { ...request, line, signal }, { limits, clock: parts.clock });
		if (network === null) return { ...(await run()), network: null };
		await network.prepare([]);
		const proxy = await network.serve(processInRoom(room), proxyPort);
		try {
			const ended = await run();
			return { ...ended, network: proxy.close() };
		} finally {
			proxy.close();
		}
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
			await network?.[Symbol.asyncDispose]();
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
	network: null,
	usage: { wallMs: 0, cpuMs: null, memoryPeakBytes: null },
};
