import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import typescript from "typescript";
import { parseSource, placeOf, repositoryRoot, type SourceText } from "./source-file.ts";

/** One name that a package exports, where it is declared and what its doc comment says. */
export interface PublicExport {
	readonly name: string;
	readonly place: string;
	readonly isFunction: boolean;
	/** Text of the doc comment, empty where there is none. */
	readonly documentation: string;
}

function resolveModule(from: string, specifier: string): string | null {
	if (specifier.startsWith(".")) return relative(repositoryRoot, join(repositoryRoot, dirname(from), specifier));
	const own = /^@retake\/([a-z]+)$/.exec(specifier);
	return own === null ? null : `packages/${own[1]}/src/index.ts`;
}

function read(path: string): SourceText {
	return parseSource(path, readFileSync(join(repositoryRoot, path), "utf8"));
}

function documentationOf(node: typescript.Node): string {
	const comments = typescript.getJSDocCommentsAndTags(node).filter(typescript.isJSDoc);
	return typescript.getTextOfJSDocComment(comments.at(-1)?.comment) ?? "";
}

function declaration(source: SourceText, name: string): PublicExport | null {
	for (const statement of source.tree.statements) {
		const named =
			typescript.isFunctionDeclaration(statement) ||
			typescript.isClassDeclaration(statement) ||
			typescript.isInterfaceDeclaration(statement) ||
			typescript.isTypeAliasDeclaration(statement);
		if (named && statement.name?.text === name) {
			const isFunction = typescript.isFunctionDeclaration(statement);
			return { name, place: placeOf(source, statement), isFunction, documentation: documentationOf(statement) };
		}
		if (!typescript.isVariableStatement(statement)) continue;
		for (const variable of statement.declarationList.declarations) {
			if (variable.name.getText() !== name) continue;
			const { initializer } = variable;
			const isFunction =
				initializer !== undefined &&
				(typescript.isArrowFunction(initializer) || typescript.isFunctionExpression(initializer));
			return { name, place: placeOf(source, variable), isFunction, documentation: documentationOf(variable) };
		}
	}
	return null;
}

function follow(path: string, name: string): PublicExport | null {
	const source = read(path);
	const here = declaration(source, name);
	if (here !== null) return here;
	return exportsOf(path).find((found) => found.name === name) ?? null;
}

/**
 * Lists what a module exports, following re-exports through the repository's packages to the declaration. A name that comes
 * from a package of somebody else's is left out: its documentation is theirs. Throws where a name leads nowhere.
 */
export function exportsOf(path: string): PublicExport[] {
	const source = read(path);
	return source.tree.statements.filter(typescript.isExportDeclaration).flatMap((statement) => {
		const { exportClause, moduleSpecifier } = statement;
		if (exportClause === undefined || !typescript.isNamedExports(exportClause)) {
			throw new Error(`${placeOf(source, statement)}: export each name, not everything`);
		}
		const target =
			moduleSpecifier !== undefined && typescript.isStringLiteral(moduleSpecifier)
				? resolveModule(path, moduleSpecifier.text)
				: path;
		if (target === null) return [];
		return exportClause.elements.map((element): PublicExport => {
			const found = follow(target, (element.propertyName ?? element.name).text);
			if (found === null)
				throw new Error(`${placeOf(source, element)}: ${element.name.text} is not declared in ${target}`);
			return { ...found, name: element.name.text };
		});
	});
}

/** Judges the doc comment of an export: null where it is right, else what is wrong with it. */
export function judgeDocumentation({ name, place, isFunction, documentation }: PublicExport): string | null {
	if (documentation.trim() === "") return `${place}: ${name} is exported and not documented`;
	const [firstWord = ""] = documentation.trim().split(/[\s,.:;]+/);
	if (isFunction && !/^[A-Z][a-z-]*s$/.test(firstWord)) {
		return `${place}: the comment of ${name} begins with "${firstWord}": begin with a verb in the third person`;
	}
	return null;
}
