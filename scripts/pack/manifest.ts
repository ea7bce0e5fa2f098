import { readFileSync } from "node:fs";
import { join } from "node:path";
import { adapters, type BundleReport } from "./bundle.ts";

interface Manifest {
	readonly name: string;
	readonly version: string;
	readonly description: string;
	readonly dependencies?: Readonly<Record<string, string>>;
	readonly peerDependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
	return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Joins what the bundled packages depend on, themselves aside. Throws where two of them want different versions. */
function joinDependencies(
	manifests: readonly Manifest[],
	field: "dependencies" | "peerDependencies",
): Record<string, string> {
	const joined = new Map<string, string>();
	for (const manifest of manifests) {
		const { name } = manifest;
		for (const [dependency, version] of Object.entries(manifest[field] ?? {})) {
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
 * run time shows in no import; peers, which only an adapter needs, are optional. Throws where the bundle imports something that none of them lists.
 */
export function publishedManifest(
	repository: string,
	{ imports, packageFolders }: BundleReport,
	types: string,
): Manifest {
	const manifests = packageFolders.map(readManifest);
	const { name, version, description } = readManifest(join(repository, "packages/retake"));
	const dependencies = joinDependencies(manifests, "dependencies");
	const peerDependencies = joinDependencies(manifests, "peerDependencies");
	const optional = Object.keys(peerDependencies).map((peer) => [peer, { optional: true }]);
	const listed = { ...dependencies, ...peerDependencies };
	const unlisted = imports.filter((dependency) => listed[dependency] === undefined);
	const doors = adapters.map((name) => [
		`./${name}`,
		{ types: `./${types}/adapters/${name}.d.ts`, default: `./dist/${name}.js` },
	]);
	if (unlisted.length > 0) throw new Error(`imported, and listed by no package: ${unlisted.join(", ")}`);
	const published = {
		name,
		version,
		description,
		license: "Apache-2.0",
		keywords: ["agent", "sandbox", "replay", "transaction", "evals"],
		type: "module",
		engines: { node: ">=24" },
		exports: { ".": { types: `./${types}/index.d.ts`, default: "./dist/index.js" }, ...Object.fromEntries(doors) },
		bin: { retake: "bin/retake.js" },
		files: ["bin", "dist", "docs", "sandbox-images", "*.md"],
		dependencies,
		peerDependencies,
		peerDependenciesMeta: Object.fromEntries(optional),
	};
	return published;
}
