import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import typescript from "typescript";

/** The top of the repository, absolute. */
export const repositoryRoot = join(import.meta.dirname, "../..");

const passedOver = new Set(["node_modules", ".git", "dist", ".retake", "coverage"]);

/** Lists the repository's own files, relative to its top, sorted. */
export function listRepositoryFiles(folder = repositoryRoot): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.flatMap((entry) => {
			if (passedOver.has(entry.name)) return [];
			const path = join(folder, entry.name);
			if (entry.isDirectory()) return listRepositoryFiles(path);
			return entry.isFile() ? [relative(repositoryRoot, path)] : [];
		})
		.toSorted();
}

/** One TypeScript file, read and parsed. */
export interface SourceText {
	/** Relative to the repository's top. */
	readonly path: string;
	readonly text: string;
	readonly tree: typescript.SourceFile;
}

/** Parses one file's text. */
export function parseSource(path: string, text: string): SourceText {
	return { path, text, tree: typescript.createSourceFile(path, text, typescript.ScriptTarget.ES2024, true) };
}

/** Reads every TypeScript file of the repository, fixtures aside. */
export function readSources(): SourceText[] {
	return listRepositoryFiles()
		.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !path.includes("/fixtures/"))
		.map((path) => parseSource(path, readFileSync(join(repositoryRoot, path), "utf8")));
}

/** Calls `visit` for every node below a file, parents first. */
export function visitNodes(source: SourceText, visit: (node: typescript.Node) => void): void {
	const descend = (node: typescript.Node): void => {
		visit(node);
		node.forEachChild(descend);
	};
	source.tree.forEachChild(descend);
}

/** Names the place of a node for people: `path:line`. */
export function placeOf(source: SourceText, node: typescript.Node): string {
	return `${source.path}:${source.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
