import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { RetakeError } from "@retake/base";
import { checkOptions } from "@retake/runtime";
import { type EvalConfiguration, evalConfigurationSchema } from "./eval-configuration.ts";

const fileNames = ["retake.config.ts", "retake.config.json"] as const;

/** A configuration and the directory that its paths are relative to. */
export interface LoadedConfiguration {
	readonly directory: string;
	readonly configuration: EvalConfiguration;
}

/**
 * Loads the configuration: the file named, else the one in the working directory, else an empty one. Only the directory in
 * which the user stands is looked at, because a TypeScript configuration is a program that runs outside any sandbox.
 * Throws `USAGE` for one that cannot be loaded or does not fit; a misspelt name is answered with the one that was meant.
 */
export async function loadConfiguration(
	named: string | undefined,
	workingDirectory: string,
): Promise<LoadedConfiguration> {
	const path =
		named === undefined
			? fileNames.map((name) => join(workingDirectory, name)).find((each) => existsSync(each))
			: resolve(workingDirectory, named);
	if (path === undefined) return { directory: workingDirectory, configuration: {} };
	const content = path.endsWith(".json") ? readJson(path) : await importDefault(path);
	try {
		return { directory: dirname(path), configuration: checkOptions(evalConfigurationSchema, content) };
	} catch (cause) {
		throw broken(path, cause);
	}
}

function readJson(path: string): unknown {
	try {
		return JSON.parse(readFileSync(path, "utf8"));
	} catch (cause) {
		throw broken(path, cause);
	}
}

async function importDefault(path: string): Promise<unknown> {
	try {
		const module: { readonly default?: unknown } = await import(pathToFileURL(path).href);
		return module.default ?? {};
	} catch (cause) {
		throw broken(path, cause);
	}
}

function broken(path: string, cause: unknown): RetakeError {
	const why = cause instanceof Error ? cause.message : String(cause);
	return new RetakeError("USAGE", `the configuration ${path} cannot be used: ${why}`, {
		sort: "misuse",
		cause,
		data: { path },
		remedy: "export one object by default; docs/cli.md lists its fields",
	});
}
