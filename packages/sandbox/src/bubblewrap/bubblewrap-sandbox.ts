import type { Clock } from "@retake/base";
import { RetakeError } from "@retake/base";
import { limitProcesses } from "@retake/linux";
import { checkRequest } from "../check-request.ts";
import { fixedEnvironment } from "../fixed-environment.ts";
import type { ControlGroups } from "../limits/control-group.ts";
import type { CommandProxy } from "../network/command-proxy.ts";
import { proxyPort } from "../network/network-environment.ts";
import type { SandboxNetwork } from "../network/sandbox-network.ts";
import type { Enforcement, ExecRequest, ExecResult, Sandbox, SandboxOptions } from "../sandbox.ts";
import { commandLine } from "./command-line.ts";
import type { Holder } from "./holder.ts";
import { type Footing, hasMounter, isBare, isPlain } from "./layers-way.ts";
import { createLoopbacks } from "./loopbacks.ts";
import { normaliseLayer } from "./normalise-layer.ts";
import { type CommandStreams, openPipes, slotCount } from "./pipe-slots.ts";
import { placesIn } from "./places.ts";
import { privatePlaceBytes } from "./private-places.ts";
import { runCommand } from "./run-command.ts";
import { createSlots } from "./slots.ts";
import { layersMaxOf, spellWorkspace } from "./spell-workspace.ts";
import { openTerminalStreams } from "./terminal-streams.ts";
import type { BubblewrapTools } from "./tools.ts";

/** What a sandbox is made of. */
export interface BubblewrapParts {
	readonly options: SandboxOptions;
	/** What the image says its commands need. */
	readonly imageEnvironment: Readonly<Record<string, string>>;
	/** What holds their clock still. */
	readonly clockEnvironment: Readonly<Record<string, string>>;
	readonly tools: BubblewrapTools;
	readonly holder: Holder;
	readonly footing: Footing;
	readonly groups: ControlGroups | null;
	/** Owned by the sandbox, as the holder is. */
	readonly network: SandboxNetwork | null;
	readonly enforcement: Enforcement;
	readonly clock: Clock;
	readonly processId: number;
}

/** Makes a sandbox of a holder and control groups, and owns the holder from then on. */
export function createBubblewrapSandbox(parts: BubblewrapParts): Sandbox {
	const { options, holder, footing, groups, network, clock, tools } = parts;
	const slots = createSlots(slotCount);
	const closing = new AbortController();
	const running = new Set<Promise<ExecResult>>();
	let closed: Promise<void> | null = null;
	const placeBytes = privatePlaceBytes(options.limits);
	const loopbacks = createLoopbacks({ tools, owner: options.owner, holder: holder.processId });
	const { treesDirectory, owner } = options;
	const where = { base: holder.base, places: holder.places, footing, treesDirectory };
	const standsPlainly = isPlain(footing, owner !== null);
	// In the host's own user namespace the bound is set when the command's own exists, and before the command does.
	const isLimitedLate = isBare(footing) && groups === null;
	const isGated = network !== null || isLimitedLate;
	const context = { tools, options, holder, footing, parent: parts.processId, isGated };
	// Power over the commands' networks: root has it, an ordinary user within the holder's namespace.
	const enter = [tools.nsenter, "-t", String(holder.processId), "-U", "--preserve-credentials", "--"];

	const openStreams = ({ terminal, stdin }: ExecRequest, slot: number): CommandStreams =>
		terminal === undefined
			? openPipes(holder.base, slot, !(stdin instanceof Uint8Array) || stdin.length > 0)
			: openTerminalStreams(terminal, options.owner);

	const execute = async (request: ExecRequest): Promise<ExecResult> => {
		using slot = await slots.take();
		const signal = AbortSignal.any([closing.signal, ...(request.signal === undefined ? [] : [request.signal])]);
		if (signal.aborted) return neverStarted;
		if (!holder.isAlive()) throw holderDied();
		await network?.prepare(options.owner === null ? enter : []);
		// On a loopback that several commands share, each has a port of its own.
		const port = proxyPort + (request.network === "none" ? 0 : slot.number);
		using workspace = spellWorkspace(request.workspace, { ...where, slot: slot.number });
		const group = groups?.create(options.limits) ?? null;
		try {
			const { imageEnvironment } = parts;
			const environment = {
				...fixedEnvironment(options.pathPrefix, imageEnvironment, request.terminal),
				...network?.environment(port),
				...parts.clockEnvironment,
				...request.env,
			};
			const groupCount = group?.joinPaths.length ?? 0;
			const beforeStart = async (processId: number): Promise<CommandProxy | null> => {
				if (isLimitedLate) limitProcesses(processId, options.limits.processes);
				return (await network?.serve(processId, port)) ?? null;
			};
			const result = await runCommand(request, {
				line: commandLine(
					{ ...context, slot: slot.number, groupCount },
					request,
					workspace,
					environment,
					loopbacks.processOf(request),
				),
				streams: openStreams(request, slot.number),
				group,
				beforeStart: isGated ? beforeStart : null,
				hasMounter: hasMounter(footing) && workspace.overlay !== null,
				watched: group === null ? { memoryBytes: options.limits.memoryBytes, placeBytes } : null,
				timeoutMs: request.timeoutMs ?? options.limits.timeoutMs,
				outputBytes: options.limits.outputBytes,
				clock,
				signal,
			});
			if (hasMounter(footing) && request.workspace.kind === "overlay") normaliseLayer(request.workspace.upper);
			return result;
		} finally {
			group?.remove();
		}
	};

	const close = async (): Promise<void> => {
		closing.abort();
		await Promise.allSettled(running);
		await network?.[Symbol.asyncDispose]();
		await loopbacks.close();
		await holder[Symbol.asyncDispose]();
	};

	return {
		driver: "bubblewrap",
		layerSpace: {
			root: placesIn(holder.base).layers,
			layersMax: layersMaxOf(where),
			// fuse-overlayfs knows a file by its inode and writes where it met that first.
			joinsNames: hasMounter(footing),
		},
		enforcement: parts.enforcement,
		openLoopback: async () => {
			if (closed !== null) throw isClosed();
			if (standsPlainly) throw withoutNetworks("commands can share no loopback");
			return loopbacks.open();
		},
		exec: async (request) => {
			if (closed !== null) throw isClosed();
			checkRequest(request);
			const work = execute(request);
			running.add(work);
			try {
				return await work;
			} finally {
				running.delete(work);
			}
		},
		[Symbol.asyncDispose]: () => {
			closed ??= close();
			return closed;
		},
	};
}

const neverStarted: ExecResult = {
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

/** Commands without a namespace around theirs have networks that nothing of ours can enter. */
export function withoutNetworks(what: string): RetakeError {
	return new RetakeError("SANDBOX_UNAVAILABLE", `${what} here, where bubblewrap alone makes namespaces`, {
		remedy:
			"let not bubblewrap alone but this user make user namespaces (`retake doctor` names the setting), or use --sandbox docker",
	});
}

function isClosed(): RetakeError {
	return new RetakeError("SESSION_CLOSED", "the sandbox has been closed", {
		sort: "misuse",
		remedy: "open another one",
	});
}

function holderDied(): RetakeError {
	return new RetakeError("SANDBOX_FAILED", "the process that keeps the layers has died, and the layers with it", {
		remedy: "open the session again; if it happens again, look for what kills processes on this host (dmesg)",
	});
}
