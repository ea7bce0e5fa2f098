import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { RetakeError } from "@retake/base";
import { debianSources } from "./debian-sources.ts";
import { type ImageDeclaration, imageKey } from "./image-declaration.ts";

/** Where a root file system is built from and kept. */
export interface BuildPlaces {
	/** Keeps the finished tars, one a declaration; made where it is missing. */
	readonly cacheDirectory: string;
	/** The host's apt configuration; `/etc/apt` unless told otherwise. */
	readonly aptDirectory?: string;
}

/**
 * Builds the root file system of an image as a tar with mmdebstrap, or takes it from the cache; returns the tar's path. The same
 * declaration and the same package versions give the same bytes. Throws `SANDBOX_UNAVAILABLE` where mmdebstrap is missing,
 * `SANDBOX_FAILED` with its last lines where it fails.
 */
export async function buildRootFileSystem(declaration: ImageDeclaration, places: BuildPlaces): Promise<string> {
	mkdirSync(places.cacheDirectory, { recursive: true });
	const tar = join(places.cacheDirectory, `${declaration.name}-${imageKey(declaration)}.tar`);
	if (existsSync(tar)) return tar;
	const scratch = await mkdtemp(join(places.cacheDirectory, "building-"));
	try {
		const sources = join(scratch, "debian.sources");
		const building = join(scratch, "root.tar");
		writeFileSync(sources, debianSources(places.aptDirectory ?? "/etc/apt", declaration.suite));
		await runMmdebstrap(declaration, building, sources);
		renameSync(building, tar);
		return tar;
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
}

async function runMmdebstrap(declaration: ImageDeclaration, tar: string, sources: string): Promise<void> {
	const { name, uid, gid } = declaration.user;
	const hooks = [
		`echo '${name}:x:${uid}:${gid}::/home/retake:/bin/sh' >> "$1/etc/passwd"`,
		`echo '${name}:x:${gid}:' >> "$1/etc/group"`,
		'mkdir -p "$1/workspace" "$1/home/retake"',
		// Nobody logs in: passwords and their file are not needed, and candidates look for it.
		'rm -f "$1/etc/shadow" "$1/etc/shadow-" "$1/etc/gshadow" "$1/etc/gshadow-"',
		// What differs from one build to the next, and what the host's own configuration left.
		'rm -rf "$1/etc/apt/sources.list.d/"* "$1/var/lib/apt/lists/"* "$1/var/cache/"* "$1/var/log/"* "$1/etc/machine-id" "$1/etc/hostname" "$1/etc/resolv.conf"',
	];
	const include = declaration.packages.length === 0 ? [] : [`--include=${declaration.packages.join(",")}`];
	const options = ["--quiet", "--variant=minbase", "--format=tar", ...include];
	const argv = [...options, ...hooks.map((hook) => `--customize-hook=${hook}`), declaration.suite, tar, sources];
	try {
		await promisify(execFile)("mmdebstrap", argv, {
			env: {
				PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				LC_ALL: "C.UTF-8",
				SOURCE_DATE_EPOCH: String(declaration.sourceDateEpoch),
			},
			maxBuffer: 64 * 1024 ** 2,
		});
	} catch (cause) {
		if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
			throw new RetakeError("SANDBOX_UNAVAILABLE", "mmdebstrap is not installed", {
				remedy: "apt-get install mmdebstrap",
				cause,
			});
		}
		const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim().split("\n").slice(-5) : [];
		throw new RetakeError("SANDBOX_FAILED", `mmdebstrap failed: ${said.join("; ")}`, {
			data: { image: declaration.name, suite: declaration.suite },
			remedy: "check that the host's apt sources answer: apt-get update",
			cause,
		});
	}
}
