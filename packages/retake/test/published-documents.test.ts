import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { publishedSchemas } from "../src/json/published-schemas.ts";
import { createProgram } from "../src/program.ts";
import { captureEdges } from "./captured-edges.ts";

const documentation = fileURLToPath(new URL("../../../docs/", import.meta.url));
const schemas = publishedSchemas();
const program = createProgram(captureEdges("/"), () => undefined);

describe("the published schemas", () => {
	test.each(Object.entries(schemas))(
		"docs/schemas/%s.json is current (else: node scripts/generate-schemas.ts)",
		(name, schema) => {
			expect(JSON.parse(readFileSync(join(documentation, "schemas", `${name}.json`), "utf8"))).toEqual(
				JSON.parse(JSON.stringify(schema)),
			);
		},
	);
	test("there is one for every verb that prints one and for the error, and no other", () => {
		const printing = program.commands.filter(({ options }) => options.some(({ long }) => long === "--json"));
		// Their standard output belongs to the protocol.
		expect(program.commands.filter((command) => !printing.includes(command)).map((command) => command.name())).toEqual([
			"mcp",
			"record",
		]);
		const names = [...printing.map((command) => command.name()), "diff-many", "error"].toSorted();
		expect(Object.keys(schemas).toSorted()).toEqual(names);
		expect(readdirSync(join(documentation, "schemas")).toSorted()).toEqual(
			names.map((name) => `${name}.json`).toSorted(),
		);
	});
	test("every field that the specification names is required", () => {
		const required = (name: keyof typeof schemas): unknown => (schemas[name] as { required?: unknown }).required;
		expect(required("eval")).toEqual(expect.arrayContaining(["runId", "base", "candidates", "selected", "committed"]));
		expect(required("run")).toEqual(expect.arrayContaining(["runId", "exitCode", "signal", "changedPaths", "outcome"]));
		expect(required("replay")).toEqual(expect.arrayContaining(["runId", "calls", "served", "divergences", "rootHash"]));
		expect(required("diff")).toEqual(expect.arrayContaining(["a", "b", "rows", "firstDivergence"]));
	});
});

describe("docs/cli.md", () => {
	const reference = readFileSync(join(documentation, "cli.md"), "utf8");
	const sections = new Map(
		reference
			.split(/^## /m)
			.slice(1)
			.map((section) => [/^retake (\w+)/.exec(section)?.[1] ?? "", section]),
	);
	test.each(program.commands.map((command) => [command.name(), command] as const))(
		"tells of every option of retake %s, and of none that it has not",
		(name, command) => {
			const section = sections.get(name) ?? "";
			const described = [...section.matchAll(/^\| `(--[a-z-]+)/gm)].map((match) => match[1]);
			const own = command.options
				.map((option) => option.long)
				.filter((long) => !["--workspace", "--store", "--json"].includes(long ?? ""));
			expect(new Set(described)).toEqual(new Set(own));
		},
	);
});
