import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The packed product, installed as a user installs it. */
export interface InstalledRetake extends Disposable {
	/** The command, for anybody on the machine to run. */
	readonly command: string;
	/** The directory that holds the installed package, `retake`. */
	readonly packages: string;
	/** The file that was installed. */
	readonly tarball: string;
}

const root = join(import.meta.dirname, "../..");

/** The environment in which `node` is the one that runs the tests. */
export const testEnvironment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` };

/** Packs the product and installs it into an empty prefix, with npm and from the registry. */
export function installRetake(): InstalledRetake {
	const scratch = mkdtempDisposableSync(join(tmpdir(), "retake-installed-"));
	chmodSync(scratch.path, 0o755);
	const run = (program: string, ...words: string[]): string =>
		execFileSync(program, words, {
			cwd: scratch.path,
			encoding: "utf8",
			env: testEnvironment,
			stdio: ["ignore", "pipe", "pipe"],
		});
	const tarball = run(process.execPath, join(root, "scripts/pack-retake.ts")).trimEnd().split("\n").at(-1) ?? "";
	const prefix = join(scratch.path, "prefix");
	run("npm", "install", "--global", "--no-audit", "--no-fund", "--prefix", prefix, tarball);
	const packages = join(prefix, "lib/node_modules");
	return { command: join(prefix, "bin/retake"), packages, tarball, [Symbol.dispose]: () => scratch.remove() };
}
