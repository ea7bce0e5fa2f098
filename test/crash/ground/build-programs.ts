import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { rolldown } from "rolldown";

const sources = {
	worker: "programs/worker.ts",
	cutPower: "programs/cut-power.ts",
	committingLife: "programs/committing-life.ts",
	recordingLife: "programs/recording-life.ts",
	concurrentWriter: "programs/concurrent-writer.ts",
	// Looked for beside whoever starts it, as in the published package.
	"copy-thread": "../../packages/txfs/src/snapshot/copy-thread.ts",
	"content-thread": "../../packages/txfs/src/disk/content-thread.ts",
} as const;

/** Names a program that a sweep starts again and again. */
export type ProgramName = keyof typeof sources;

/** The programs under fire as plain JavaScript, and the environment in which they start quickest. */
export interface Programs extends Disposable {
	readonly directory: string;
	readonly environment: NodeJS.ProcessEnv;
	path(name: ProgramName): string;
}

/**
 * Bundles the programs once, workspace packages and all, and warms a compile cache: a start takes a fifth of what it takes to strip
 * the types of every module. Native packages stay outside and are linked beside the bundle.
 */
export async function buildPrograms(): Promise<Programs> {
	const directory = mkdtempSync(join(tmpdir(), "retake-programs-"));
	const repository = join(import.meta.dirname, "../../..");
	mkdirSync(join(directory, "node_modules"));
	writeFileSync(join(directory, "package.json"), '{ "type": "module" }\n');
	for (const [owner, name] of [
		["linux", "koffi"],
		["store", "better-sqlite3"],
	] as const) {
		const real = realpathSync(join(repository, "packages", owner, "node_modules", name));
		symlinkSync(real, join(directory, "node_modules", name));
	}
	await using build = await rolldown({
		input: Object.fromEntries(
			Object.entries(sources).map(([name, path]) => [name, join(import.meta.dirname, "..", path)]),
		),
		platform: "node",
		external: (specifier) => /^(koffi|better-sqlite3)(\/|$)/.test(specifier),
	});
	await build.write({
		dir: directory,
		format: "esm",
		entryFileNames: "[name].js",
		chunkFileNames: "[name]-[hash].js",
	});
	const environment = { ...process.env, NODE_COMPILE_CACHE: join(directory, "cache") };
	const programs: Programs = {
		directory,
		environment,
		path: (name) => join(directory, `${name}.js`),
		[Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
	};
	// Twice: the second start finds the cache and writes nothing more, which would count among the calls.
	for (let start = 0; start < 2; start++) {
		await promisify(execFile)(process.execPath, [programs.path("worker"), "recover", "types", directory], {
			env: environment,
		});
	}
	return programs;
}
