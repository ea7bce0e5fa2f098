import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RetakeError } from "@retake/base";
import { debianSources } from "./debian-sources.ts";
import { type ImageDeclaration, imageKey } from "./image-declaration.ts";
import { installNpmPackages } from "./install-npm-packages.ts";

/** Where a root file system is built from and kept. */
export interface BuildPlaces {
	/** Keeps the finished tars, one a declaration; made where it is missing. */
	readonly cacheDirectory: string;
	/** The host's apt configuration; `/etc/apt` unless told otherwise. */
	readonly aptDirectory?: string;
	/** Environment of npm, whose registry and proxies are the host's own; PATH alone unless told otherwise. */
	readonly environment?: Readonly<Record<string, string>>;
	/** Told what is being done, line by line. */
	readonly onProgress?: (line: string) => void;
	/** Stops the build; nothing of it is left. */
	readonly signal?: AbortSignal;
}

const scratchPrefix = "building-";
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Returns the file name of a declaration's tar in the cache. */
export function artefactName(declaration: ImageDeclaration): string {
	return `${declaration.name}-${imageKey(declaration)}.tar`;
}

/**
 * Builds the root file system of an image as a tar with mmdebstrap, or takes it from the cache; returns the tar's path. The same
 * declaration and the same package versions give the same bytes. It runs as root, or as an ordinary user where mmdebstrap can. Throws
 * `SANDBOX_UNAVAILABLE` where mmdebstrap is missing, `SANDBOX_FAILED` with its last lines where it fails.
 */
export async function buildRootFileSystem(declaration: ImageDeclaration, places: BuildPlaces): Promise<string> {
	mkdirSync(places.cacheDirectory, { recursive: true });
	const tar = join(places.cacheDirectory, artefactName(declaration));
	if (existsSync(tar)) return tar;
	removeLeftovers(places.cacheDirectory);
	const scratch = await mkdtemp(join(places.cacheDirectory, `${scratchPrefix}${process.pid}-`));
	try {
		const sources = join(scratch, "debian.sources");
		const building = join(scratch, "root.tar");
		writeFileSync(sources, debianSources(places.aptDirectory ?? "/etc/apt", declaration.suite));
		await runMmdebstrap(declaration, { building, sources, npm: await npmTar(declaration, scratch, places) }, places);
		renameSync(building, tar);
		return tar;
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
}

async function npmTar(declaration: ImageDeclaration, scratch: string, places: BuildPlaces): Promise<string | null> {
	const { npm, sourceDateEpoch } = declaration;
	if (npm === null) return null;
	places.onProgress?.("npm packages");
	const environment = places.environment ?? { PATH: systemPath };
	return installNpmPackages(npm, scratch, { environment, sourceDateEpoch, signal: places.signal });
}

/** Removes what builds left that were killed. */
function removeLeftovers(cacheDirectory: string): void {
	for (const name of readdirSync(cacheDirectory)) {
		const [, processId] = /^building-(\d+)-/.exec(name) ?? [];
		if (processId === undefined || existsSync(`/proc/${processId}`)) continue;
		rmSync(join(cacheDirectory, name), { recursive: true, force: true });
	}
}

interface BuildFiles {
	readonly building: string;
	readonly sources: string;
	readonly npm: string | null;
}

async function runMmdebstrap(declaration: ImageDeclaration, files: BuildFiles, places: BuildPlaces): Promise<void> {
	const { name, uid, gid } = declaration.user;
	const hooks = [
		`echo '${name}:x:${uid}:${gid}::/home/retake:/bin/sh' >> "$1/etc/passwd"`,
		`echo '${name}:x:${gid}:' >> "$1/etc/group"`,
		'mkdir -p "$1/workspace" "$1/home/retake"',
		...(files.npm === null ? [] : [`tar-in ${shellWord(files.npm)} /`]),
		// Nobody logs in: passwords and their file are not needed, and candidates look for it.
		'rm -f "$1/etc/shadow" "$1/etc/shadow-" "$1/etc/gshadow" "$1/etc/gshadow-"',
		// What differs from one build to the next, and what the host's own configuration left.
		'rm -rf "$1/etc/apt/sources.list.d/"* "$1/var/lib/apt/lists/"* "$1/var/cache/"* "$1/var/log/"* "$1/etc/machine-id" "$1/etc/hostname" "$1/etc/resolv.conf"',
	];
	const include = declaration.packages.length === 0 ? [] : [`--include=${declaration.packages.join(",")}`];
	const options = ["--variant=minbase", "--format=tar", ...include];
	const argv = [
		...options,
		...hooks.map((hook) => `--customize-hook=${hook}`),
		declaration.suite,
		files.building,
		files.sources,
	];
	const env = { PATH: systemPath, LC_ALL: "C.UTF-8", SOURCE_DATE_EPOCH: String(declaration.sourceDateEpoch) };
	// A group of its own, so that apt and dpkg end with it.
	const child = spawn("mmdebstrap", argv, { env, stdio: ["ignore", "ignore", "pipe"], detached: true });
	const stop = (): void => endGroup(child);
	places.signal?.addEventListener("abort", stop, { once: true });
	const said: string[] = [];
	createInterface({ input: child.stderr }).on("line", (line) => {
		if (line.trim() === "" || /^[\s.]*$|\.\.\.\s*\d+%?$/.test(line)) return;
		said.push(line);
		const [, doing] = /^I: (.*?)(\.\.\.)?$/.exec(line) ?? [];
		if (doing !== undefined) places.onProgress?.(doing);
	});
	try {
		const [code] = (await once(child, "close")) as [number | null];
		places.signal?.throwIfAborted();
		if (code !== 0) throw buildFailed(declaration, said, code);
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
		throw new RetakeError("SANDBOX_UNAVAILABLE", "mmdebstrap is not installed", {
			remedy: "apt-get install mmdebstrap",
			cause,
		});
	} finally {
		places.signal?.removeEventListener("abort", stop);
	}
}

/** mmdebstrap takes its own chroot away when it is told to end. */
function endGroup({ pid }: ChildProcess): void {
	try {
		if (pid !== undefined) process.kill(-pid, "SIGTERM");
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
	}
}

function buildFailed(declaration: ImageDeclaration, said: readonly string[], code: number | null): RetakeError {
	const complaints = said.filter((line) => /^[EW]:/.test(line));
	const last = (complaints.length > 0 ? complaints : said).slice(-5);
	return new RetakeError("SANDBOX_FAILED", `mmdebstrap failed: ${last.join("; ")}`, {
		data: { image: declaration.name, suite: declaration.suite, exitCode: code },
		remedy:
			"check that the host's apt sources answer (apt-get update), and that image.json names packages of the suite",
	});
}

function shellWord(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}
