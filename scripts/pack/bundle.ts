import { isBuiltin } from "node:module";
import { join } from "node:path";
import { type OutputChunk, rolldown } from "rolldown";

/** What went into a bundle and what it expects beside it. */
export interface BundleReport {
	/** Names of the packages of others that it imports. */
	readonly imports: readonly string[];
	/** Folders of the workspace's packages that it contains, absolute. */
	readonly packageFolders: readonly string[];
}

/** Subpaths of the published package, one for each framework that has an adapter. */
export const adapters = ["ai-sdk", "openai-agents", "langchain", "mastra"] as const;

function packageOf(specifier: string): string {
	return specifier
		.split("/")
		.slice(0, specifier.startsWith("@") ? 2 : 1)
		.join("/");
}

/**
 * Bundles the library and the command with every package of the workspace into `destination`; packages of others
 * stay imports. Throws where something cannot be resolved.
 */
export async function bundle(packageFolder: string, destination: string): Promise<BundleReport> {
	await using build = await rolldown({
		input: {
			index: join(packageFolder, "src/index.ts"),
			cli: join(packageFolder, "src/cli.ts"),
			...Object.fromEntries(adapters.map((name) => [name, join(packageFolder, `src/adapters/${name}.ts`)])),
			// Started by their files, which must lie beside the others.
			"namespace-listener-process": join(packageFolder, "../sandbox/src/network/namespace-listener-process.ts"),
			"copy-thread": join(packageFolder, "../txfs/src/snapshot/copy-thread.ts"),
			"content-thread": join(packageFolder, "../txfs/src/disk/content-thread.ts"),
		},
		platform: "node",
		external: (specifier) => !/^(\.|\/|@retake\/)/.test(specifier),
		onLog(level, log, forward) {
			if (level === "warn") throw new Error(`the bundler warns: ${log.message}`);
			forward(level, log);
		},
	});
	const { output } = await build.write({
		dir: destination,
		format: "esm",
		entryFileNames: "[name].js",
		chunkFileNames: "[name]-[hash].js",
	});
	const chunks = output.filter((file): file is OutputChunk => file.type === "chunk");
	const own = new Set(chunks.map((chunk) => chunk.fileName));
	const imports = chunks
		.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
		.filter((specifier) => !own.has(specifier) && !isBuiltin(specifier));
	const modules = chunks.flatMap((chunk) => chunk.moduleIds);
	const folders = modules.flatMap((path) => /^(.*\/packages\/[^/]+)\/src\//.exec(path)?.[1] ?? []);
	return {
		imports: [...new Set(imports.map(packageOf))].toSorted(),
		packageFolders: [...new Set(folders)].toSorted(),
	};
}
