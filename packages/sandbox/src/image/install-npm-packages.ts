import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { RetakeError } from "@retake/base";
import type { NpmPackages } from "./image-declaration.ts";

/** Where the packages lie inside, and where their programs are linked. */
const placeInside = "opt/npm";
const programsInside = "usr/local/bin";

/** What an installation needs of the host. */
export interface NpmHost {
	/** Environment of npm: its registry and proxies are the host's own. */
	readonly environment: Readonly<Record<string, string>>;
	/** Seconds since 1970, stamped on every file. */
	readonly sourceDateEpoch: number;
	readonly signal: AbortSignal | undefined;
}

/**
 * Installs npm packages in `scratch`, exactly as their lock says and without running a script of theirs, and returns a tar of them for the
 * top of an image. Throws `SANDBOX_UNAVAILABLE` where npm or tar is missing, `SANDBOX_FAILED` with npm's last lines.
 */
export async function installNpmPackages(packages: NpmPackages, scratch: string, host: NpmHost): Promise<string> {
	const top = join(scratch, "npm-root");
	const place = join(top, placeInside);
	const programs = join(top, programsInside);
	for (const directory of [place, programs]) mkdirSync(directory, { recursive: true, mode: 0o755 });
	writeFileSync(join(place, "package.json"), packages.manifest);
	writeFileSync(join(place, "package-lock.json"), packages.lock);
	const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
	await run("npm", ["ci", ...options], place, host);
	for (const name of readdirSync(join(place, "node_modules/.bin"))) {
		symlinkSync(join("/", placeInside, "node_modules/.bin", name), join(programs, name));
		// A link that leads out would lead somewhere else inside.
		if (readlinkSync(join(place, "node_modules/.bin", name)).startsWith("/")) throw leadsOut(name);
	}
	const tar = join(scratch, "npm.tar");
	const order = ["--sort=name", `--mtime=@${host.sourceDateEpoch}`, "--mode=u+rw,go=rX", "--format=posix"];
	const owner = ["--owner=0", "--group=0", "--numeric-owner", "--pax-option=delete=atime,delete=ctime"];
	await run("tar", [...order, ...owner, "-cf", tar, "-C", top, dirname(placeInside), "usr"], scratch, host);
	return tar;
}

async function run(program: string, words: readonly string[], cwd: string, host: NpmHost): Promise<void> {
	try {
		const options = { cwd, env: host.environment, maxBuffer: 64 * 1024 ** 2, signal: host.signal };
		await promisify(execFile)(program, [...words], options);
	} catch (cause) {
		host.signal?.throwIfAborted();
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
			throw new RetakeError("SANDBOX_UNAVAILABLE", `${program} is not installed`, {
				remedy: `apt-get install ${program}`,
				cause,
			});
		}
		const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim().split("\n").slice(-5) : [];
		throw new RetakeError("SANDBOX_FAILED", `${program} failed: ${said.join("; ")}`, {
			remedy: "check that npm's registry answers, and that package-lock.json fits package.json",
			cause,
		});
	}
}

function leadsOut(name: string): RetakeError {
	return new RetakeError("SANDBOX_FAILED", `npm linked ${name} by an absolute path`, {
		remedy: "leave the package out that brings it",
	});
}
