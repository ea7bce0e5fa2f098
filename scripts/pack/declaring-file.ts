import { readFileSync } from "node:fs";
import { join } from "node:path";
import typescript from "typescript";

/** Where a package's entry file takes a name from, and what it is called there. */
export interface Declared {
	/** Relative to the folder of declarations, ending in `.ts` as it was imported. */
	readonly path: string;
	readonly name: string;
}

/**
 * Finds the file that declares what a package exports under a name. Entry files are tables of contents, so that what the library does
 * not use need not be shipped. Throws where the entry file has no such name.
 */
export function declaringFile(folder: string, packageName: string, name: string): Declared {
	const entry = join(packageName, "src/index.d.ts");
	const text = readFileSync(join(folder, entry), "utf8");
	const tree = typescript.createSourceFile(entry, text, typescript.ScriptTarget.ES2024, true);
	for (const { exportClause, moduleSpecifier } of tree.statements.filter(typescript.isExportDeclaration)) {
		if (exportClause === undefined || !typescript.isNamedExports(exportClause)) continue;
		if (moduleSpecifier === undefined || !typescript.isStringLiteral(moduleSpecifier)) continue;
		const element = exportClause.elements.find((candidate) => candidate.name.text === name);
		if (element === undefined) continue;
		const original = (element.propertyName ?? element.name).text;
		const elsewhere = /^@retake\/([a-z]+)$/.exec(moduleSpecifier.text);
		if (elsewhere?.[1] !== undefined) return declaringFile(folder, elsewhere[1], original);
		return { path: join(packageName, "src", moduleSpecifier.text), name: original };
	}
	throw new Error(`${entry} does not export ${name}`);
}
