import { basename } from "node:path";
import typescript from "typescript";
import { abbreviations, emptyFileNames, emptyWords, wordsOf } from "./banned-words.ts";
import { placeOf, type SourceText, visitNodes } from "./source-file.ts";

/** One rule of taste: where it holds, what breaks it, and a file that does, as proof that the rule sees something. */
export interface TidyRule {
	readonly name: string;
	/** Chooses the files that the rule reads. */
	readonly appliesTo: (path: string) => boolean;
	/** Returns one line for each offence. */
	readonly check: (source: SourceText) => readonly string[];
	readonly offender: { readonly path: string; readonly text: string };
}

const lineLimit = 400;
const isPackageSource = (path: string): boolean => /^packages\/[^/]+\/src\//.test(path);
const isLibrary = (path: string): boolean => isPackageSource(path) && !/^packages\/(retake|testkit)\//.test(path);
const isEntry = (path: string): boolean => /^packages\/[^/]+\/src\/index\.ts$/.test(path);
const isConfiguration = (path: string): boolean => path.endsWith(".config.ts");
const anywhere = (): boolean => true;

/** The two files through which the outside world comes in, behind ports. */
const worldDoors = ["packages/base/src/clock.ts", "packages/base/src/randomness.ts"];

function offencesAt(source: SourceText, judge: (node: typescript.Node) => string | null): string[] {
	const offences: string[] = [];
	visitNodes(source, (node) => {
		const offence = judge(node);
		if (offence !== null) offences.push(`${placeOf(source, node)}: ${offence}`);
	});
	return offences;
}

/** Properties are left out: many are named by a document of somebody else's. */
function declaredName(node: typescript.Node): string | null {
	const declares =
		typescript.isVariableDeclaration(node) ||
		typescript.isParameter(node) ||
		typescript.isBindingElement(node) ||
		typescript.isFunctionDeclaration(node) ||
		typescript.isClassDeclaration(node) ||
		typescript.isInterfaceDeclaration(node) ||
		typescript.isTypeAliasDeclaration(node) ||
		typescript.isMethodSignature(node);
	return declares && node.name !== undefined && typescript.isIdentifier(node.name) ? node.name.text : null;
}

const worldReads = new Map([
	...["env", "argv", "cwd", "stdin", "stdout", "stderr", "exit"].map((name): [string, string] => [
		`process.${name}`,
		"take it as a parameter: the command line reads it",
	]),
	["Date.now", "take a Clock"],
	["performance.now", "take a Clock"],
	["Math.random", "take a Randomness"],
	["os.homedir", "take the directory as a parameter"],
]);

function judgeWorldRead(node: typescript.Node): string | null {
	if (typescript.isPropertyAccessExpression(node)) {
		const name = node.getText();
		const instead = worldReads.get(name);
		return instead === undefined ? null : `${name} in a library: ${instead}`;
	}
	if (typescript.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments ?? []).length === 0) {
		return "new Date() in a library: take a Clock";
	}
	if (typescript.isCallExpression(node) && ["homedir", "randomUUID"].includes(node.expression.getText())) {
		return `${node.expression.getText()}() in a library: take it as a parameter`;
	}
	return null;
}

/** Every rule that reads one file at a time. */
export const tidyRules: readonly TidyRule[] = [
	{
		name: `a source file has at most ${lineLimit} lines`,
		appliesTo: (path) => isPackageSource(path) || path.startsWith("scripts/"),
		check: ({ path, text }) => {
			const lines = text.trimEnd().split("\n").length;
			return lines > lineLimit ? [`${path}: ${lines} lines are two ideas: split it`] : [];
		},
		offender: { path: "packages/base/src/long.ts", text: "export {};\n".repeat(lineLimit + 1) },
	},
	{
		name: "a file's name is kebab-case and says something",
		appliesTo: anywhere,
		check: ({ path }) => {
			const name = basename(path).replace(/(\.(test|config|bench))?\.ts$/, "");
			if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return [`${path}: not kebab-case`];
			const whole = emptyFileNames[name];
			if (whole !== undefined) return [`${path}: "${name}" says nothing: ${whole}`];
			return wordsOf(name).flatMap((word) => {
				const instead = emptyWords[word];
				return instead === undefined ? [] : [`${path}: "${word}" says nothing: ${instead}`];
			});
		},
		offender: { path: "packages/base/src/path-utils.ts", text: "" },
	},
	{
		name: "an entry file is a table of contents",
		appliesTo: isEntry,
		check: (source) =>
			source.tree.statements
				.filter((statement) => !typescript.isExportDeclaration(statement))
				.map((statement) => `${placeOf(source, statement)}: only named exports belong into an entry file`),
		offender: { path: "packages/base/src/index.ts", text: "export const answer = 42;\n" },
	},
	{
		name: "no default exports",
		appliesTo: (path) => !isConfiguration(path),
		check: (source) =>
			offencesAt(source, (node) => {
				const isDefault = typescript.isExportAssignment(node) || node.kind === typescript.SyntaxKind.DefaultKeyword;
				return isDefault && !typescript.isDefaultClause(node.parent) ? "export by name" : null;
			}),
		offender: { path: "packages/base/src/a.ts", text: "export default function answer(): void {}\n" },
	},
	{
		name: "names are words, written out",
		appliesTo: anywhere,
		check: (source) =>
			offencesAt(source, (node) => {
				const name = declaredName(node);
				for (const word of name === null ? [] : wordsOf(name)) {
					const instead = Object.hasOwn(emptyWords, word) ? emptyWords[word] : abbreviations[word];
					if (typeof instead === "string") return `"${word}" in ${name}: ${instead}`;
				}
				return null;
			}),
		offender: { path: "packages/base/src/a.ts", text: "export const requestCtx = 1;\n" },
	},
	{
		name: "no any, no enum, no silenced compiler",
		appliesTo: anywhere,
		check: (source) => [
			...offencesAt(source, (node) => {
				if (node.kind === typescript.SyntaxKind.AnyKeyword) return "any: use unknown, or the type";
				if (typescript.isEnumDeclaration(node)) return "enum: use a union of literals";
				return null;
			}),
			...[...source.text.matchAll(/\/[/*]\s*@ts-(ignore|nocheck|expect-error)/g)].map(
				(match) => `${source.path}: @ts-${match[1]}: say it in types`,
			),
		],
		offender: { path: "packages/base/src/a.ts", text: "export type Answer = any;\n" },
	},
	{
		name: "no test is left out",
		appliesTo: (path) => path.includes("test/"),
		check: (source) =>
			offencesAt(source, (node) =>
				typescript.isPropertyAccessExpression(node) &&
				["test", "it", "describe"].includes(node.expression.getText()) &&
				["skip", "only", "todo"].includes(node.name.text)
					? `${node.getText()}: a test runs, or it is removed`
					: null,
			),
		offender: { path: "packages/base/test/a.test.ts", text: 'test.only("a", () => {});\n' },
	},
	{
		name: "libraries do not write to the console",
		appliesTo: isPackageSource,
		check: (source) =>
			offencesAt(source, (node) =>
				typescript.isPropertyAccessExpression(node) && node.expression.getText() === "console"
					? `${node.getText()}: return it, throw it or hand it to a port`
					: null,
			),
		offender: { path: "packages/base/src/a.ts", text: 'console.log("a");\n' },
	},
	{
		name: "libraries read no environment, home, terminal or clock",
		appliesTo: (path) => isLibrary(path) && !worldDoors.includes(path),
		check: (source) => offencesAt(source, judgeWorldRead),
		offender: { path: "packages/store/src/a.ts", text: "export const at = Date.now();\n" },
	},
	{
		name: "a module holds no state that changes",
		appliesTo: isPackageSource,
		check: (source) =>
			source.tree.statements
				.filter(typescript.isVariableStatement)
				.filter(
					(statement) =>
						(statement.declarationList.flags & typescript.NodeFlags.BlockScoped) === typescript.NodeFlags.Let,
				)
				.map((statement) => `${placeOf(source, statement)}: keep it in an object that somebody owns`),
		offender: { path: "packages/base/src/a.ts", text: "let count = 0;\nexport const next = (): number => ++count;\n" },
	},
];
