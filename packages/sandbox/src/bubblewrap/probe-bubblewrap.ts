import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { arch, cpus, release, version } from "node:os";
import { join } from "node:path";
import { defaultLimits, isRetakeError, type LimitName } from "@retake/base";
import { judgeVersion } from "../judge-version.ts";
import type { DriverReport, Enforcement, ExecResult, Finding, Sandbox, SandboxOptions } from "../sandbox.ts";
import type { BubblewrapHost } from "./bubblewrap-driver.ts";
import { memoryWatch } from "./enforcement.ts";
import { type Footing, type LayersWay, layersWays } from "./layers-way.ts";
import { type BubblewrapTools, isOptional, toolPackages } from "./tools.ts";
import type { WayFound } from "./try-ways.ts";
import { forbiddingThings } from "./why-forbidden.ts";

/** What a probe looks through. */
export interface ProbeParts {
	readonly open: (options: SandboxOptions, footing: Footing) => Promise<Sandbox>;
	readonly tryWay: (way: LayersWay, where: Pick<SandboxOptions, "treesDirectory" | "owner">) => Promise<WayFound>;
	/** The ways among which the driver chooses, in its order. */
	readonly wanted: readonly LayersWay[];
	readonly tools: Readonly<Record<keyof BubblewrapTools, string | null>>;
	readonly host: BubblewrapHost;
	readonly scratchDirectory: string;
}

/** The unprivileged user of a probe that root makes. */
const probeOwner = { uid: 61_184, gid: 61_184 };

/** Tries every way of making layers, starts a sandbox by the first that works, replaces a directory in it, and reports. Never throws for what it finds. */
export async function probeBubblewrap(parts: ProbeParts): Promise<DriverReport> {
	const findings: Finding[] = [userFinding(parts.host), ...toolFindings(parts), ...versionFindings(parts)];
	let enforcement: Enforcement = nothing;
	const directory = mkdtempSync(join(parts.scratchDirectory, "retake-probe-"));
	try {
		const owner = parts.host.uid === 0 ? probeOwner : null;
		if (owner !== null) chownSync(directory, owner.uid, owner.gid);
		const ways = await Promise.all(layersWays.map((way) => parts.tryWay(way, { treesDirectory: directory, owner })));
		const chosen = parts.wanted
			.map((way) => ways.find((each) => each.way === way))
			.find((each) => each?.failure === null);
		findings.push(...wayFindings(ways, chosen), ...forbiddingFindings(parts, chosen));
		if (chosen === undefined) {
			findings.push(nothingRuns);
			return report(parts, enforcement, findings);
		}
		const options = { limits: { ...defaultLimits, timeoutMs: 10_000 }, mandatory: [], mounts: [], pathPrefix: [] };
		await using sandbox = await parts.open({ ...options, treesDirectory: directory, owner, image: null }, chosen);
		enforcement = sandbox.enforcement;
		findings.push(workspaceFinding(chosen.way, await replaceDirectory(sandbox, directory, owner, chosen.way)));
		findings.push(...enforcementFindings(enforcement));
	} catch (cause) {
		findings.push(failure(cause));
	} finally {
		rmSync(directory, { recursive: true });
	}
	return report(parts, enforcement, findings);
}

function report(parts: ProbeParts, enforcement: Enforcement, findings: readonly Finding[]): DriverReport {
	const usable = findings.every((finding) => finding.status !== "failed");
	return { driver: "bubblewrap", usable, enforcement, findings, fingerprint: fingerprint(parts) };
}

/** A way that does not work matters as far as it comes before the one that does. */
function wayFindings(ways: readonly WayFound[], chosen: WayFound | undefined): readonly Finding[] {
	const at = chosen === undefined ? ways.length : ways.indexOf(chosen);
	return ways.map((found, index): Finding => {
		const check = `layers by ${found.way}`;
		if (found.failure === null) return ok(check, found === chosen ? "works, and is what is used" : "works");
		// What nobody misses is told, and is nothing to mend.
		const status = index < at ? "warning" : "ok";
		return { check, status, detail: `does not work: ${found.failure}`, remedy: found.remedy };
	});
}

function forbiddingFindings({ host }: ProbeParts, chosen: WayFound | undefined): readonly Finding[] {
	if (chosen?.hasNamespaces === true) return [];
	return forbiddingThings(host.root ?? "/").map((found): Finding => ({ ...found, status: "warning" }));
}

const nothingRuns: Finding = {
	check: "sandbox",
	status: "failed",
	detail:
		"no user namespace and no mount can be made, so no command can be run by this driver; replay, diff, show and export need none",
	remedy: "mend what is named above, or use --sandbox docker",
};

/** A directory put in place of another needs an extended attribute of the upper file system's. */
async function replaceDirectory(
	sandbox: Sandbox,
	trees: string,
	owner: { readonly uid: number; readonly gid: number } | null,
	way: LayersWay,
): Promise<ExecResult> {
	const lower = join(trees, "lower");
	const upper = join(sandbox.layerSpace.root, "upper");
	const work = join(sandbox.layerSpace.root, "work");
	const base = way === "copy" ? upper : lower;
	for (const path of [lower, upper, work, join(base, "old"), join(base, "old", "inner")]) {
		mkdirSync(path);
		if (owner !== null) chownSync(path, owner.uid, owner.gid);
	}
	return sandbox.exec({
		argv: ["sh", "-c", "rm -r old && mkdir old && [ -z \"$(ls -A old)\" ] && grep -q '^Seccomp:.2$' /proc/self/status"],
		env: {},
		cwd: "",
		stdin: new Uint8Array(),
		workspace:
			way === "copy" ? { kind: "directory", directory: upper } : { kind: "overlay", lowers: [lower], upper, work },
		network: "none",
	});
}

function workspaceFinding(way: LayersWay, result: ExecResult): Finding {
	const tree = way === "copy" ? "a copy" : "an overlay";
	if (result.exitCode === 0) return ok("sandbox", `a command ran on ${tree}, under a system call filter`);
	const said = Buffer.from(result.stderr).toString("utf8").trim();
	return failed(
		"sandbox",
		`a directory could not be replaced in ${tree}: ${said}`,
		"use --layers copy, or --sandbox docker",
	);
}

function toolFindings({ tools }: ProbeParts): readonly Finding[] {
	return (Object.keys(tools) as (keyof BubblewrapTools)[]).map((name) => {
		const path = tools[name];
		if (path === null && isOptional(name)) return ok(name, "not installed");
		return path === null
			? failed(name, `${name} was not found`, `apt-get install ${toolPackages[name]}`)
			: ok(name, name === "bwrap" ? `${path}: ${bwrapVersion(path)}` : path);
	});
}

function userFinding({ uid }: BubblewrapHost): Finding {
	return ok("user", uid === 0 ? "root: commands run as the owner of the trees" : `uid ${uid}`);
}

function versionFindings({ tools }: ProbeParts): readonly Finding[] {
	return tools.bwrap === null ? [] : judgeVersion("bubblewrap", bwrapVersion(tools.bwrap));
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
