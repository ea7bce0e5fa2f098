import { mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

interface FloorConfiguration {
	readonly forbidden: readonly (IForbiddenRuleType & { readonly name: string; readonly comment: string })[];
	readonly options: ICruiseOptions;
}

const configuration: FloorConfiguration = JSON.parse(readFileSync(join(root, ".dependency-cruiser.json"), "utf8"));

async function cruiseTree(baseDirectory: string, folders: readonly string[]): Promise<ICruiseResult> {
	const { output } = await cruise([...folders], {
		...configuration.options,
		baseDir: baseDirectory,
		validate: true,
		ruleSet: { forbidden: [...configuration.forbidden] },
	});
	if (typeof output === "string") throw new Error(`the lint answered with text: ${output}`);
	return output;
}

function sourcesUnder(folder: string): string[] {
	return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".ts") && !name.split("/").includes("node_modules"))
		.map((name) => join(folder, name));
}

const sourceFolders = readdirSync(join(root, "packages")).map((name) => `packages/${name}/src`);

test("the lint of floors reads every source file, and all of them obey", async () => {
	const { modules, summary } = await cruiseTree(root, sourceFolders);
	const cruised = new Set(modules.map((module) => relative(root, join(root, module.source))));
	const sources = sourceFolders.flatMap(sourcesUnder);
	expect(sources.length).toBeGreaterThan(40);
	expect(sources.filter((source) => !cruised.has(source))).toEqual([]);
	expect(summary.violations.map((violation) => `${violation.rule.name}: ${violation.from} → ${violation.to}`)).toEqual(
		[],
	);
});

/** For each rule, the name of a file and what it wrongly imports. */
const planted: Readonly<Record<string, readonly [from: string, specifier: string]>> = {
	"base-imports-nothing": ["packages/base/src/a.ts", "../../linux/src/index.ts"],
	"linux-stands-on-base": ["packages/linux/src/a.ts", "../../changeset/src/index.ts"],
	"changeset-stands-on-floor-0": ["packages/changeset/src/a.ts", "../../store/src/index.ts"],
	"store-stands-on-floor-1": ["packages/store/src/a.ts", "../../txfs/src/index.ts"],
	"siblings-do-not-know-each-other": ["packages/txfs/src/a.ts", "../../sandbox/src/index.ts"],
	"transcripts-stand-on-the-record": ["packages/transcripts/src/a.ts", "../../runtime/src/index.ts"],
	"runtime-stands-on-floor-3": ["packages/runtime/src/a.ts", "../../evaluator/src/index.ts"],
	"evaluator-stands-on-floor-4": ["packages/evaluator/src/a.ts", "../../sandbox/src/index.ts"],
	"surfaces-do-not-know-each-other": ["packages/mcp/src/a.ts", "../../viewer/src/index.ts"],
	"retake-is-the-roof": ["packages/runtime/src/b.ts", "../../retake/src/index.ts"],
	"testkit-is-for-tests": ["packages/recorder/src/a.ts", "../../testkit/src/index.ts"],
	"packages-are-entered-by-the-front-door": ["packages/runtime/src/c.ts", "../../base/src/inner.ts"],
	"sources-do-not-import-tests": ["packages/base/src/b.ts", "../test/b.test.ts"],
	"better-sqlite3-only-in-store": ["packages/recorder/src/b.ts", "better-sqlite3"],
	"dockerode-only-in-its-driver": ["packages/sandbox/src/a.ts", "dockerode"],
	"mcp-sdk-only-in-mcp": ["packages/runtime/src/d.ts", "@modelcontextprotocol/server"],
	"frameworks-only-in-adapters": ["packages/runtime/src/e.ts", "@langchain/core"],
	"koffi-only-in-linux": ["packages/txfs/src/b.ts", "koffi"],
	"no-cycles": ["packages/base/src/c.ts", "./d.ts"],
	"nothing-unresolvable": ["packages/base/src/e.ts", "./absent.ts"],
};

test("every rule reports a violation planted against it", async () => {
	using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-floors-"));
	const write = (path: string, text: string): void => {
		mkdirSync(dirname(join(scratch.path, path)), { recursive: true });
		writeFileSync(join(scratch.path, path), text);
	};
	write("tsconfig.json", readFileSync(join(root, "tsconfig.base.json"), "utf8"));
	const packages = ["base", "linux", "changeset", "store", "txfs", "sandbox", "recorder", "runtime", "evaluator"];
	for (const name of [...packages, "transcripts", "mcp", "viewer", "adapters", "retake", "testkit"]) {
		write(`packages/${name}/src/index.ts`, `export const name = "${name}";\n`);
	}
	for (const name of ["better-sqlite3", "dockerode", "koffi", "@langchain/core", "@modelcontextprotocol/server"]) {
		write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
		write(`node_modules/${name}/index.js`, "exports.value = 1;\n");
	}
	write("packages/base/src/inner.ts", "export const value = 1;\n");
	write("packages/base/test/b.test.ts", "export const value = 1;\n");
	write("packages/base/src/d.ts", 'import { value } from "./c.ts";\nexport const other = value;\n');
	for (const [from, specifier] of Object.values(planted)) {
		write(from, `import * as wrong from "${specifier}";\nexport const value = wrong;\n`);
	}

	const { summary } = await cruiseTree(scratch.path, ["packages"]);
	const reported = new Set(summary.violations.map((violation) => `${violation.rule.name} at ${violation.from}`));
	expect(Object.keys(planted).toSorted()).toEqual(configuration.forbidden.map((rule) => rule.name).toSorted());
	for (const [rule, [from]] of Object.entries(planted)) expect(reported).toContain(`${rule} at ${from}`);
});

test("every rule says why it stands", () => {
	for (const rule of configuration.forbidden) expect(rule.comment, rule.name).toMatch(/^.{30,}\.$/);
});
