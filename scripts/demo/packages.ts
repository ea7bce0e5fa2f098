import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** Where the two versions of the package lie. */
export interface Packages {
	readonly vulnerable: {
		readonly directory: string;
		readonly dependencies: readonly string[];
		readonly modules: string;
	};
	readonly fixed: string;
}

/** Installs both versions from the npm registry; none of their scripts is run and none of their code is kept. */
export function installPackages(directory: string): Packages {
	mkdirSync(directory);
	const packages = ["semver@7.5.1", "fixed@npm:semver@7.5.2"];
	const options = [
		"--ignore-scripts",
		"--no-save",
		"--no-audit",
		"--no-fund",
		"--loglevel=error",
		"--prefix",
		directory,
	];
	execFileSync("npm", ["install", ...options, ...packages], { stdio: ["ignore", "ignore", "inherit"] });
	const modules = join(directory, "node_modules");
	return {
		vulnerable: { directory: join(modules, "semver"), dependencies: ["lru-cache", "yallist"], modules },
		fixed: join(modules, "fixed"),
	};
}
