import { randomBytes } from "node:crypto";
import { type Clock, RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { checkRequest } from "../check-request.ts";
import { fixedClockEnvironment, withPreloads } from "../determinism/fixed-clock.ts";
import { fixedEnvironment } from "../fixed-environment.ts";
import type { SandboxNetwork } from "../network/sandbox-network.ts";
import type { Enforcement, ExecRequest, ExecResult, Sandbox, SandboxOptions } from "../sandbox.ts";
import { dockerSeccompProfile } from "../seccomp/docker-seccomp-profile.ts";
import type { DaemonReach } from "./daemon-reach.ts";
import { openDistantSite } from "./distant-site.ts";
import { daemonFailure, withDaemon } from "./docker-client.ts";
import { type CommandNetwork, createDockerLoopbacks } from "./docker-loopbacks.ts";
import { launchLine } from "./launch-line.ts";
import { openLocalSite } from "./local-site.ts";
import { processInRoom } from "./process-in-room.ts";
import { requireFaketimeOfImage } from "./require-faketime.ts";
import type { Room } from "./room.ts";
import { runInRoom } from "./run-in-room.ts";

/** What a docker sandbox is made of. */
export interface DockerSandboxParts {
	readonly docker: Docker;
	readonly clock: Clock;
	readonly imageId: string;
	/** What the image says its commands need. */
	readonly imageEnvironment: Readonly<Record<string, string>>;
	readonly runtime: string | undefined;
	readonly reach: DaemonReach;
	/** Rooms that are started before a command asks for one. */
	readonly spareRooms: number;
	readonly owner: { readonly uid: number; readonly gid: number };
	readonly enforcement: Enforcement;
	readonly options: SandboxOptions;
	/** Owned by the sandbox. */
	readonly network: SandboxNetwork | null;
}

/**
 * Opens a sandbox whose every command runs in a container of its own. Throws `SANDBOX_UNAVAILABLE` where the
 * layers' volume cannot be reached from here, `SANDBOX_FAILED` where the daemon fails.
 */
export async function openDockerSandbox(parts: DockerSandboxParts): Promise<Sandbox> {
	const { docker, options, owner, imageId, runtime, network } = parts;
	const { limits } = options;
	const session = randomBytes(8).toString("hex");
	const clockEnvironment =
		options.clock === undefined
			? {}
			: fixedClockEnvironment(options.clock, await requireFaketimeOfImage(docker, imageId, process.arch, session));
	const settings = {
		session,
		imageId,
		limits,
		owner,
		mounts: withPreloads(options),
		runtime,
		hasProcessorShares: parts.enforcement.cpus !== null,
		seccompProfile: JSON.stringify(dockerSeccompProfile()),
	};
	const { reach } = parts;
	const files = network?.files ?? {};
	const { treesDirectory } = options;
	const { porterRuntime } = reach;
	const site = await (reach.isMountShared
		? openLocalSite(docker, settings, { spareRooms: parts.spareRooms, files })
		: openDistantSite(docker, settings, { treesDirectory, files, porterRuntime }));
	const loopbacks = createDockerLoopbacks(docker, settings, reach.isSharedKernel);
	const running = new Set<Promise<ExecResult>>();
	const closing = new AbortController();

	const execOnce = async (request: ExecRequest): Promise<ExecResult> => {
		checkRequest(request);
		using own = loopbacks.networkOf(request);
		const directory = directoryOf(request.cwd);
		const environment = {
			...fixedEnvironment(options.pathPrefix, parts.imageEnvironment, request.terminal),
			...clockEnvironment,
			...network?.environment(own.port),
			...request.env,
			// As bubblewrap says it.
			PWD: directory,
		};
		const line = launchLine(request.argv, directory, environment);
		const signals = request.signal === undefined ? [closing.signal] : [closing.signal, request.signal];
		const signal = AbortSignal.any(signals);
		if (signal.aborted) return cancelledBeforeStart;
		const admitted = await site.admit({
			workspace: request.workspace,
			network: own.mode,
			terminal: request.terminal ?? null,
		});
		try {
			const run = () => runInRoom(admitted.room, { ...request, line, signal }, { limits, clock: parts.clock });
			const result = await (network === null ? run() : runWithNetwork(network, admitted.room, own, run));
			await admitted.bringBack();
			return { network: null, ...result };
		} finally {
			admitted.retire();
		}
	};

	const close = async (): Promise<void> => {
		closing.abort();
		await Promise.allSettled(running);
		await network?.[Symbol.asyncDispose]();
		await withDaemon("the sandbox could not be removed", async () => {
			await using left = new AsyncDisposableStack();
			left.use(site);
			await loopbacks.close();
		});
	};
	let closed: Promise<void> | null = null;

	return {
		driver: "docker",
		layerSpace: site.layerSpace,
		enforcement: parts.enforcement,
		openLoopback: async () => {
			if (closing.signal.aborted) throw isClosed();
			return loopbacks.open();
		},
		exec: (request) => {
			if (closing.signal.aborted) return Promise.reject(isClosed());
			const result = execOnce(request).catch((error: unknown) => {
				throw error instanceof SuppressedError ? daemonFailure("the command could not be run", error) : error;
			});
			running.add(result);
			const forget = (): void => void running.delete(result);
			result.then(forget, forget);
			return result;
		},
		[Symbol.asyncDispose]: () => {
			closed ??= close();
			return closed;
		},
	};
}

/** Runs a command with the way out that its sandbox has. */
async function runWithNetwork(
	network: SandboxNetwork,
	room: Room,
	{ port }: CommandNetwork,
	run: () => Promise<Omit<ExecResult, "network">>,
): Promise<ExecResult> {
	await network.prepare([]);
	const proxy = await network.serve(processInRoom(room), port);
	try {
		const ended = await run();
		return { ...ended, network: proxy.close() };
	} finally {
		proxy.close();
	}
}

function isClosed(): RetakeError {
	return new RetakeError("SESSION_CLOSED", "the sandbox is closed", { sort: "misuse" });
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
