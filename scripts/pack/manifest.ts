import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleReport } from "./bundle.ts";

interface Manifest {
	readonly name: string;
	readonly version: string;
	readonly description: string;
	readonly dependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
	return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Joins what the bundled packages depend on, themselves aside. Throws where two of them want different versions. */
function joinDependencies(manifests: readonly Manifest[]): Record<string, string> {
	const joined = new Map<string, string>();
	for (const { name, dependencies } of manifests) {
		for (const [dependency, version] of Object.entries(dependencies ?? {})) {
			if (dependency.startsWith("@retake/")) continue;
			const known = joined.get(dependency) ?? version;
			if (known !== version) throw new Error(`${name} wants ${dependency} ${version}, another ${known}: agree on one`);
			joined.set(dependency, version);
		}
	}
	return Object.fromEntries([...joined].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Returns the published package.json. It lists the dependencies of every bundled package, for one that is loaded at
 * run time shows in no import. Throws where the bundle imports something that none of them lists.
 */
export function publishedManifest(
	repository: string,
	{ imports, packageFolders }: BundleReport,
	types: string,
): Manifest {
	const { name, version, description } = readManifest(join(repository, "packages/retake"));
	const dependencies = joinDependencies(packageFolders.map(readManifest));
	const unlisted = imports.filter((dependency) => dependencies[dependency] === undefined);
	if (unlisted.length > 0) throw new Error(`imported, and listed by no package: ${unlisted.join(", ")}`);
	const published = {
		name,
		version,
		description,
		license: "Apache-2.0",
		keywords: ["agent", "sandbox", "replay", "transaction", "evals"],
		type: "module",
		engines: { node: ">=24" },
		exports: { ".": { types: `./${types}`, default: "./dist/index.js" } },
		bin: { retake: "bin/retake.js" },
		files: ["bin", "dist", "docs", "sandbox-images", "*.md"],
		dependencies,
	};
	return published;
}
