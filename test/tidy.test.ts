import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import typescript from "typescript";
import { describe, expect, test } from "vitest";
import { commandsOf, readFencedBlocks } from "./tidy/fenced-blocks.ts";
import { exportsOf, judgeDocumentation } from "./tidy/public-exports.ts";
import { tidyRules } from "./tidy/rules.ts";
import { listRepositoryFiles, parseSource, readSources, repositoryRoot } from "./tidy/source-file.ts";

const sources = readSources();
const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");

test("the sources are found", () => {
	expect(sources.length).toBeGreaterThan(60);
	expect(sources.map((source) => source.path)).toContain("packages/base/src/index.ts");
});

describe.each(tidyRules)("$name", ({ appliesTo, check, offender }) => {
	test("holds everywhere", () => {
		expect(sources.filter((source) => appliesTo(source.path)).flatMap(check)).toEqual([]);
	});
	test("is seen to be broken by a file that breaks it", () => {
		expect(appliesTo(offender.path)).toBe(true);
		expect(check(parseSource(offender.path, offender.text))).not.toEqual([]);
	});
});

const entries = sources.map((source) => source.path).filter((path) => /^packages\/[^/]+\/src\/index\.ts$/.test(path));

describe("public exports", () => {
	test.each(entries)("%s documents all that it exports", (entry) => {
		expect(exportsOf(entry).flatMap((found) => judgeDocumentation(found) ?? [])).toEqual([]);
	});
	test("a missing comment and one that begins wrongly are seen", () => {
		const found = { name: "open", place: "a.ts:1", isFunction: true };
		expect(judgeDocumentation({ ...found, documentation: "" })).toContain("not documented");
		expect(judgeDocumentation({ ...found, documentation: "Open the store." })).toContain("third person");
		expect(judgeDocumentation({ ...found, documentation: "Opens the store." })).toBeNull();
	});
});

describe("README", () => {
	const blocks = readFencedBlocks(read("README.md"));
	const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };

	test("gives the two commands for a bare machine", () => {
		const commands = blocks.filter((block) => block.language === "sh").flatMap(commandsOf);
		expect(commands).toContain("npx -y pnpm@12.21.0 demo");
		expect(commands).toContain("npx -y pnpm@12.21.0 test");
	});
	test("names only scripts and verbs that exist", () => {
		const commandLine = listRepositoryFiles()
			.filter((path) => path.startsWith("packages/retake/src/"))
			.map(read)
			.join("\n");
		const unknown = blocks
			.filter((block) => block.language === "sh")
			.flatMap((block) => commandsOf(block).map((command) => ({ command, line: block.line })))
			.filter(({ command }) => {
				const script = /^npx -y pnpm@12\.21\.0 ([a-z:-]+)/.exec(command)?.[1];
				if (script !== undefined) return script !== "install" && scripts[script] === undefined;
				const verb = /^(?:npx )?retake ([a-z]+)/.exec(command)?.[1];
				return verb !== undefined && !new RegExp(`["\`]${verb}[ "\`]`).test(commandLine);
			});
		expect(unknown).toEqual([]);
	});
	test("shows TypeScript that parses and imports what the library exports", () => {
		const exported = new Set(exportsOf("packages/retake/src/index.ts").map((found) => found.name));
		for (const block of blocks.filter((candidate) => /^(ts|typescript)$/.test(candidate.language))) {
			const { diagnostics } = typescript.transpileModule(block.text, {
				reportDiagnostics: true,
				compilerOptions: { target: typescript.ScriptTarget.ES2024, module: typescript.ModuleKind.ESNext },
			});
			expect(
				diagnostics?.map((found) => found.messageText),
				`README.md:${block.line}`,
			).toEqual([]);
			for (const match of block.text.matchAll(/import (?:type )?\{([^}]*)\} from "retake"/g)) {
				const names = (match[1] ?? "").split(",").map((name) => name.replace(/^\s*type /, "").trim());
				for (const name of names.filter((candidate) => candidate !== "")) expect(exported).toContain(name);
			}
		}
	});
	test("links only to files that exist", () => {
		const targets = [...read("README.md").matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");
		expect(targets.filter((target) => !existsSync(join(repositoryRoot, target)))).toEqual([]);
	});
});

test("nothing names a registry's host or a path of the machine it was written on", () => {
	const banned = [["registry", "npmjs"].join("."), ["", "work", "main"].join("/"), ["", "work", "shared"].join("/")];
	const offences = listRepositoryFiles()
		.filter((path) => !/\.(tgz|png|retake|gz|zst|sqlite)$/.test(path))
		.flatMap((path) => {
			const text = read(path);
			return banned.filter((name) => text.includes(name)).map((name) => `${path}: ${name}`);
		});
	expect(offences).toEqual([]);
});
