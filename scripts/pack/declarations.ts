import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { adapters } from "./bundle.ts";
import { declaringFile } from "./declaring-file.ts";

const entries = ["retake/src/index.d.ts", ...adapters.map((name) => `retake/src/adapters/${name}.d.ts`)];

/**
 * Writes the library's types below `destination`, one file for each source that the entries reach. Imports of the workspace's packages become relative, and each name ends in `.js`, as an importer expects.
 */
export function writeDeclarations(repository: string, packageFolders: readonly string[], destination: string): void {
	using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-types-"));
	const project = join(repository, "dist/declarations.tsconfig.json");
	const compilerOptions = {
		noEmit: false,
		declaration: true,
		emitDeclarationOnly: true,
		rootDir: join(repository, "packages"),
		outDir: scratch.path,
	};
	// What is reached through node_modules may get no declarations, depending on which import is met first: name every source as a root.
	const include = packageFolders.map((folder) => join(folder, "src"));
	writeFileSync(project, JSON.stringify({ extends: "../tsconfig.base.json", compilerOptions, include }));
	const compiler = join(repository, "node_modules/@typescript/native/bin/tsc");
	execFileSync(process.execPath, [compiler, "-p", project], { stdio: "inherit" });
	keepReachable(scratch.path, destination);
}

function keepReachable(from: string, to: string): void {
	const reached = new Set(entries);
	// A set that grows while it is walked is walked to its new end.
	for (const name of reached) {
		const text = rewriteSpecifiers(readFileSync(join(from, name), "utf8"), name, from);
		mkdirSync(dirname(join(to, name)), { recursive: true });
		writeFileSync(join(to, name), text);
		for (const [, specifier] of text.matchAll(/(?:from|import\()\s*"(\.[^"]*)\.js"/g)) {
			reached.add(join(dirname(name), `${specifier}.d.ts`));
		}
	}
}

function rewriteSpecifiers(text: string, name: string, from: string): string {
	const specifierOf = (
		packageName: string,
		exported: string,
	): { readonly name: string; readonly specifier: string } => {
		const declared = declaringFile(from, packageName, exported);
		const path = relative(dirname(name), declared.path);
		return { name: declared.name, specifier: path.startsWith(".") ? path : `./${path}` };
	};
	return text
		.replaceAll(
			/(import|export)( type)? \{([^}]*)\} from "@retake\/([a-z]+)";/g,
			(_, keyword: string, type: string | undefined, names: string, packageName: string) =>
				names
					.split(",")
					.map((part) => /^\s*(type )?(\w+)(?: as (\w+))?\s*$/.exec(part))
					.filter((part) => part !== null)
					.map(([, own, exported = "", alias = exported]) => {
						const found = specifierOf(packageName, exported);
						const renamed = found.name === alias ? alias : `${found.name} as ${alias}`;
						return `${keyword}${type ?? ""} { ${own ?? ""}${renamed} } from "${found.specifier}";`;
					})
					.join("\n"),
		)
		.replaceAll(/import\("@retake\/([a-z]+)"\)\.(\w+)/g, (_, packageName: string, exported: string) => {
			const found = specifierOf(packageName, exported);
			return `import("${found.specifier}").${found.name}`;
		})
		.replaceAll(/from "@retake\/([a-z]+)\/([a-z-]+)"/g, (_, packageName: string, door: string) => {
			const path = relative(dirname(name), join(packageName, "src", `${door}.ts`));
			return `from "${path}"`;
		})
		.replaceAll(/((?:from|import\()\s*"\.[^"]*)\.ts"/g, '$1.js"');
}
