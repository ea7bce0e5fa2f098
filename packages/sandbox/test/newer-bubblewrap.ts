import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianSources } from "../src/image/debian-sources.ts";

/** Debian's suites here and there: of these it is trixie whose bubblewrap has overlays of its own. */
const suites = { here: "bookworm", there: "trixie" } as const;

const kept = join(tmpdir(), "retake-bubblewrap");

/**
 * Returns a bubblewrap that mounts overlays itself: the host's where that does, else that of Debian 13, unpacked once beside the images that tests
 * build. Needs root or mmdebstrap's own rights.
 */
export function newerBubblewrap(): string {
	if (execFileSync("bwrap", ["--help"], { encoding: "utf8" }).includes("--overlay-src"))
		return execFileSync("sh", ["-c", "command -v bwrap"], { encoding: "utf8" }).trim();
	const program = join(kept, "bwrap");
	if (existsSync(program)) return program;
	const scratch = mkdtempSync(`${kept}-`);
	try {
		unpack(scratch);
		chmodSync(scratch, 0o755);
		renameSync(scratch, kept);
	} finally {
		rmSync(scratch, { recursive: true, force: true });
	}
	return program;
}

/** Its libraries are newer than the host's, so it is started by its own loader. */
function unpack(directory: string): void {
	const root = join(directory, "root");
	const sources = join(directory, "debian.sources");
	mkdirSync(root);
	writeFileSync(sources, debianSources("/etc/apt", suites.here).replaceAll(suites.here, suites.there));
	const words = ["--variant=extract", "--include=bubblewrap", suites.there, root, sources];
	execFileSync("mmdebstrap", words, { stdio: "pipe" });
	const libraries = join("root/usr/lib", only(join(root, "usr/lib"), /-linux-gnu/));
	const loader = join(libraries, only(join(directory, libraries), /^ld-linux.*\.so/));
	const [start, path, bwrap] = [loader, libraries, "root/usr/bin/bwrap"].map((part) => join(kept, part));
	writeFileSync(join(directory, "bwrap"), `#!/bin/sh\nexec ${start} --library-path ${path} ${bwrap} "$@"\n`);
	chmodSync(join(directory, "bwrap"), 0o755);
}

function only(directory: string, pattern: RegExp): string {
	const [found, ...more] = readdirSync(directory).filter((name) => pattern.test(name));
	if (found === undefined || more.length > 0) throw new Error(`not one ${String(pattern)} in ${directory}`);
	return found;
}
