import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { openRuntime, type Runtime, type RuntimeOptions, type RuntimePorts } from "@retake/runtime";
import type { Edges } from "./edges/edges.ts";
import { dockerOptions } from "./flags/docker-daemon.ts";
import { type SecretFlags, secretsOf } from "./flags/redact-flag.ts";
import { type SandboxFlags, sandboxOptions } from "./flags/sandbox-flags.ts";
import type { SnapshotFlags } from "./flags/snapshot-flags.ts";
import type { StateFlags } from "./flags/workspace-flags.ts";
import { imagesDirectory } from "./image/images-directory.ts";
import { tellLockWait } from "./terminal/tell-lock-wait.ts";

/** Finds the workspace: the directory named, else the repository that holds the working directory, else that itself. */
export function findWorkspace(named: string | undefined, workingDirectory: string): string {
	if (named !== undefined) return resolve(workingDirectory, named);
	for (let directory = workingDirectory; ; directory = dirname(directory)) {
		if (existsSync(join(directory, ".git"))) return directory;
		if (directory === dirname(directory)) return workingDirectory;
	}
}

/** Returns where in the workspace the working directory is, a path relative to it; null for the workspace itself, or outside of it. */
export function placeInWorkspace(named: string | undefined, workingDirectory: string): string | null {
	const place = relative(findWorkspace(named, workingDirectory), workingDirectory);
	return place === "" || place === ".." || place.startsWith("../") ? null : place;
}

function commonOptions(edges: Edges, flags: StateFlags): RuntimeOptions {
	const workspace = findWorkspace(flags.workspace, edges.workingDirectory);
	const store = flags.store === undefined ? {} : { store: resolve(edges.workingDirectory, flags.store) };
	return { workspace, ...store, images: imagesDirectory(edges.environment) };
}

function portsOf(edges: Edges): RuntimePorts {
	return { clock: edges.clock, randomness: edges.randomness, onLockWait: tellLockWait(edges) };
}

/** Opens the runtime of a verb that executes something. */
export async function openWorkspace(
	edges: Edges,
	flags: StateFlags & SandboxFlags & SnapshotFlags,
	limits: RuntimeOptions["limits"] = {},
	secrets: NonNullable<RuntimeOptions["secrets"]> = [],
): Promise<Runtime> {
	const sandbox = sandboxOptions(flags, edges);
	const options = {
		...commonOptions(edges, flags),
		...sandbox,
		limits: { ...limits, ...sandbox.limits },
		secrets: [...(sandbox.secrets ?? []), ...secrets],
		exclude: [...(flags.exclude ?? [])],
		include: [...(flags.include ?? [])],
	};
	return openRuntime(options, portsOf(edges));
}

/** Opens the runtime of a verb that only looks at what is recorded, or commits it. No sandbox is needed. */
export async function openRecords(edges: Edges, flags: StateFlags & SecretFlags): Promise<Runtime> {
	// Nothing is sent anywhere from here: a secret is only what must not be written, or what was not.
	const secrets = secretsOf(flags, edges.environment).map(({ name, value }) => ({ name, value }));
	const options: RuntimeOptions = { ...commonOptions(edges, flags), sandbox: "none", secrets };
	return openRuntime(options, portsOf(edges));
}

/** Opens the runtime of a verb that looks at the host: the daemon is the one that DOCKER_HOST names. */
export async function openHost(edges: Edges, flags: StateFlags): Promise<Runtime> {
	return openRuntime({ ...commonOptions(edges, flags), ...dockerOptions(edges), sandbox: "none" });
}
