import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { arch, cpus, release, version } from "node:os";
import { join } from "node:path";
import { defaultLimits, isRetakeError, type LimitName } from "@retake/base";
import type { DriverReport, Enforcement, ExecResult, Finding, Sandbox, SandboxOptions } from "../sandbox.ts";
import type { BubblewrapHost } from "./bubblewrap-driver.ts";
import { memoryWatch } from "./enforcement.ts";
import { type BubblewrapTools, toolPackages } from "./tools.ts";

/** What a probe looks through. */
export interface ProbeParts {
	readonly open: (options: SandboxOptions) => Promise<Sandbox>;
	readonly tools: Readonly<Record<keyof BubblewrapTools, string | null>>;
	readonly host: BubblewrapHost;
	readonly scratchDirectory: string;
}

/** The unprivileged user of a probe that root makes. */
const probeOwner = { uid: 61_184, gid: 61_184 };

/** Starts a sandbox for real, replaces a directory in it, and reports. Never throws for what it finds. */
export async function probeBubblewrap(parts: ProbeParts): Promise<DriverReport> {
	const findings: Finding[] = [...toolFindings(parts), ...settingFindings(parts.host)];
	let enforcement: Enforcement = nothing;
	const directory = mkdtempSync(join(parts.scratchDirectory, "retake-probe-"));
	try {
		const owner = parts.host.uid === 0 ? probeOwner : null;
		if (owner !== null) chownSync(directory, owner.uid, owner.gid);
		await using sandbox = await parts.open({
			limits: { ...defaultLimits, timeoutMs: 10_000 },
			mandatory: [],
			treesDirectory: directory,
			mounts: [],
			pathPrefix: [],
			owner,
			image: null,
		});
		enforcement = sandbox.enforcement;
		findings.push(ok("sandbox", "a sandbox was opened: private mounts and a bounded tmpfs for layers"));
		findings.push(overlayFinding(await replaceDirectory(sandbox, directory, owner)));
		findings.push(...enforcementFindings(enforcement));
	} catch (cause) {
		findings.push(failure(cause));
	} finally {
		rmSync(directory, { recursive: true });
	}
	return {
		driver: "bubblewrap",
		usable: findings.every((finding) => finding.status !== "failed"),
		enforcement,
		findings,
		fingerprint: fingerprint(parts),
	};
}

/** A directory put in place of another needs an extended attribute of the upper file system's. */
async function replaceDirectory(
	sandbox: Sandbox,
	trees: string,
	owner: { readonly uid: number; readonly gid: number } | null,
): Promise<ExecResult> {
	const lower = join(trees, "lower");
	const upper = join(sandbox.layerSpace.root, "upper");
	const work = join(sandbox.layerSpace.root, "work");
	for (const path of [lower, join(lower, "old"), join(lower, "old", "inner"), upper, work]) {
		mkdirSync(path);
		if (owner !== null) chownSync(path, owner.uid, owner.gid);
	}
	return sandbox.exec({
		argv: ["sh", "-c", "rm -r old && mkdir old && [ -z \"$(ls -A old)\" ] && grep -q '^Seccomp:.2$' /proc/self/status"],
		env: {},
		cwd: "",
		stdin: new Uint8Array(),
		workspace: { kind: "overlay", lowers: [lower], upper, work },
		network: "none",
	});
}

function overlayFinding(result: ExecResult): Finding {
	if (result.exitCode === 0)
		return ok("overlay", "an overlay in a user namespace, on tmpfs with user attributes, under a filter");
	const said = Buffer.from(result.stderr).toString("utf8").trim();
	return failed(
		"overlay",
		`a directory could not be replaced in an overlay on tmpfs: ${said}`,
		"use Linux 6.6 or later, whose tmpfs has user attributes, or --sandbox docker",
	);
}

function toolFindings({ tools }: ProbeParts): readonly Finding[] {
	return (Object.keys(tools) as (keyof BubblewrapTools)[]).map((name) => {
		const path = tools[name];
		return path === null
			? failed(name, `${name} was not found`, `apt-get install ${toolPackages[name]}`)
			: ok(name, name === "bwrap" ? `${path}: ${bwrapVersion(path)}` : path);
	});
}

function settingFindings({ uid }: BubblewrapHost): readonly Finding[] {
	const settings = [
		["user.max_user_namespaces", "/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"],
		[
			"kernel.unprivileged_userns_clone",
			"/proc/sys/kernel/unprivileged_userns_clone",
			"0",
			"sysctl -w kernel.unprivileged_userns_clone=1",
		],
		[
			"apparmor",
			"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
			"1",
			"sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
		],
	] as const;
	const found = settings.flatMap(([check, path, bad, remedy]): readonly Finding[] => {
		const value = readText(path);
		if (value === null) return [];
		if (value !== bad) return [ok(check, `${path} is ${value}`)];
		return [{ check, status: "warning", detail: `${path} is ${value}: user namespaces are restricted`, remedy }];
	});
	return [ok("user", uid === 0 ? "root: commands run as the owner of the trees" : `uid ${uid}`), ...found];
}

/** Measured with programs that do nothing but touch fresh pages, on two cores that four times as many tasks wanted. */
const beyondTheWatch =
	"a burst between two looks is stopped only after it, on a busy host 130 MiB over the limit by one process and 400 MiB by sixteen at once; memory that no process has mapped is not seen";

function enforcementFindings(enforcement: Enforcement): readonly Finding[] {
	return (Object.keys(enforcement) as LimitName[]).map((name) => {
		const by = enforcement[name];
		if (by === null) return { check: name, status: "warning", detail: "not enforced here", remedy: "run as root" };
		if (by !== memoryWatch) return ok(name, `enforced by ${by}`);
		return {
			check: name,
			status: "warning",
			detail: `${by}: ${beyondTheWatch}`,
			remedy: "run as root, or where control groups are delegated: systemd-run --user --scope -p Delegate=yes",
		};
	});
}

function failure(cause: unknown): Finding {
	if (!isRetakeError(cause)) return failed("sandbox", String(cause), null);
	return failed("sandbox", `${cause.code}: ${cause.message}`, cause.remedy ?? null);
}

function fingerprint({ tools }: ProbeParts): Readonly<Record<string, string>> {
	return {
		kernel: release(),
		kernelBuild: version(),
		architecture: arch(),
		processor: cpus()[0]?.model ?? "unknown",
		bubblewrap: tools.bwrap === null ? "none" : bwrapVersion(tools.bwrap),
		system: /^PRETTY_NAME="?(.*?)"?$/m.exec(readText("/etc/os-release") ?? "")?.[1] ?? "unknown",
	};
}

function bwrapVersion(path: string): string {
	try {
		return execFileSync(path, ["--version"], { encoding: "utf8", env: {} }).trim();
	} catch (cause) {
		return `does not run: ${String(cause)}`;
	}
}

function readText(path: string): string | null {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return null;
	}
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

const ok = (check: string, detail: string): Finding => ({ check, status: "ok", detail, remedy: null });

const failed = (check: string, detail: string, remedy: string | null): Finding => ({
	check,
	status: "failed",
	detail,
	remedy,
});
