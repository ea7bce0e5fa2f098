import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits, isRetakeError, type LimitName } from "@retake/base";
import type Docker from "dockerode";
import { judgeVersion } from "../judge-version.ts";
import type { DriverReport, Enforcement, Finding, Sandbox, SandboxOptions } from "../sandbox.ts";
import type { DaemonAddress } from "./daemon-address.ts";
import { type DaemonInfo, readDaemonInfo } from "./daemon-info.ts";
import { type DaemonReach, findReach, isRootless } from "./daemon-reach.ts";
import { connectDocker } from "./docker-client.ts";
import { dockerEnforcement } from "./docker-enforcement.ts";
import { type FoundImage, findImage } from "./find-image.ts";

/** Tries a daemon for real: asks what it is, opens a sandbox and runs a command in it. Never throws for what it finds. */
export async function probeDocker(
	address: DaemonAddress,
	runtime: string | undefined,
	image: string,
	open: (options: SandboxOptions) => Promise<Sandbox>,
): Promise<DriverReport> {
	const docker = connectDocker(address);
	const findings: Finding[] = [];
	const attempt = async <Value>(check: string, work: () => Promise<Value>): Promise<Value | null> => {
		try {
			return await work();
		} catch (error) {
			findings.push(failure(check, error));
			return null;
		}
	};
	const daemon = await attempt("daemon", () => readDaemonInfo(docker, address));
	if (daemon === null) return { driver: "docker", usable: false, enforcement: nothing, findings, fingerprint: {} };

	const versions = (await attempt("versions", () => readVersions(docker))) ?? {};
	const reach = findReach(address, daemon, runtime);
	const enforcement = dockerEnforcement(daemon, reach.isMountShared);
	findings.push(...judgeDaemon(daemon, versions, enforcement, reach));
	const runs = runtime ?? daemon.DefaultRuntime;
	findings.push({ check: "runtime", status: "ok", detail: `${runs}, of ${runtimeNames(daemon)}`, remedy: null });
	findings.push(...judgeVersion("docker", daemon.ServerVersion));
	if (runs === "runc") findings.push(...judgeVersion("runc", versions["runc"] ?? ""));

	const found = await attempt("image", () => findImage(docker, image, daemon.Architecture));
	if (found !== null) {
		findings.push({ check: "image", status: "ok", detail: `${image} is there`, remedy: null });
		const wallMs = await attempt("command", () => runTrue(open, image));
		if (wallMs !== null) {
			findings.push({
				check: "command",
				status: "ok",
				detail: `a command ran and ended in ${wallMs} ms`,
				remedy: null,
			});
		}
	}
	const usable = findings.every((finding) => finding.status !== "failed");
	const fingerprint = fingerprintOf(daemon, versions, runs, found);
	return { driver: "docker", usable, enforcement, findings, fingerprint };
}

const nothing: Enforcement = {
	timeoutMs: null,
	memoryBytes: null,
	processes: null,
	cpus: null,
	diskBytes: null,
	logicalBytes: null,
	inodes: null,
	outputBytes: null,
	openFiles: null,
};

async function readVersions(docker: Docker): Promise<Readonly<Record<string, string>>> {
	const version = await docker.version();
	const components = (version.Components ?? []).map((component) => [component.Name, component.Version]);
	return { ...Object.fromEntries(components), engine: version.Version, api: version.ApiVersion };
}

function judgeDaemon(
	daemon: DaemonInfo,
	versions: Readonly<Record<string, string>>,
	enforcement: Enforcement,
	{ isMountShared, noAllowList }: DaemonReach,
): Finding[] {
	const limits = Object.entries(enforcement) as [LimitName, string | null][];
	return [
		{ check: "daemon", status: "ok", detail: `Docker ${daemon.ServerVersion}, API ${versions["api"]}`, remedy: null },
		{ check: "storage", status: "ok", detail: `images are kept by ${daemon.Driver}`, remedy: null },
		{
			check: "cgroups",
			status: "ok",
			detail: `version ${daemon.CgroupVersion ?? "1"}, driver ${daemon.CgroupDriver}`,
			remedy: null,
		},
		...limits.map(
			([limit, means]): Finding =>
				means === null
					? { check: limit, status: "warning", detail: "nothing enforces it", remedy: "enable its control group" }
					: { check: limit, status: "ok", detail: means, remedy: null },
		),
		{
			check: "daemon's user",
			status: "ok",
			detail: isRootless(daemon) ? "the daemon is rootless" : "the daemon runs as root",
			remedy: null,
		},
		isMountShared
			? { check: "workspace", status: "ok", detail: "what is mounted here is seen in containers", remedy: null }
			: {
					check: "workspace",
					status: "warning",
					detail:
						"what is mounted here is not seen in containers: each layer is sent once, and what a command changed comes back",
					remedy: "run as root beside a daemon that runs as root, with the runtime runc, or use the bubblewrap driver",
				},
		noAllowList === null
			? { check: "allow-list", status: "ok", detail: "commands can be given a way out", remedy: null }
			: {
					check: "allow-list",
					status: "warning",
					detail: `none can be kept: ${noAllowList}`,
					remedy: "use the bubblewrap driver",
				},
	];
}

/** Opens a sandbox, runs `true` on an empty workspace and returns how long that took, milliseconds. */
async function runTrue(open: (options: SandboxOptions) => Promise<Sandbox>, image: string): Promise<number> {
	const owner = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : null;
	const options = { mandatory: [], mounts: [], pathPrefix: [], owner, image };
	await using sandbox = await open({ ...options, limits: defaultLimits, treesDirectory: "/" });
	const directories = ["lower", "upper", "work"].map((name) => {
		const path = join(sandbox.layerSpace.root, name);
		mkdirSync(path);
		if (owner !== null) chownSync(path, owner.uid, owner.gid);
		return path;
	});
	const [lower = "", upper = "", work = ""] = directories;
	const workspace = { kind: "overlay", lowers: [lower], upper, work } as const;
	const result = await sandbox.exec({
		argv: ["true"],
		env: {},
		cwd: "",
		stdin: new Uint8Array(),
		workspace,
		network: "none",
	});
	if (result.exitCode === 0) return result.usage.wallMs;
	throw new Error(`true ended with ${result.exitCode ?? result.signal}: ${Buffer.from(result.stderr).toString()}`);
}

function failure(check: string, error: unknown): Finding {
	const detail = error instanceof Error ? error.message : String(error);
	return { check, status: "failed", detail, remedy: isRetakeError(error) ? (error.remedy ?? null) : null };
}

function runtimeNames(daemon: DaemonInfo): string {
	return Object.keys(daemon.Runtimes)
		.filter((name) => !name.startsWith("io.containerd."))
		.join(", ");
}

function fingerprintOf(
	daemon: DaemonInfo,
	versions: Readonly<Record<string, string>>,
	runtime: string,
	image: FoundImage | null,
): Record<string, string> {
	return {
		engine: daemon.ServerVersion,
		runtime: versions[runtime] === undefined ? runtime : `${runtime} ${versions[runtime]}`,
		kernel: daemon.KernelVersion,
		architecture: daemon.Architecture,
		...(image === null ? {} : { image: image.digest }),
	};
}
