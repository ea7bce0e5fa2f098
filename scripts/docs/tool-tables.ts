import { standardTools } from "@retake/runtime";

interface Field {
	readonly type?: string;
	readonly enum?: readonly unknown[];
	readonly items?: Field;
	readonly default?: unknown;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly description?: string;
}

const opening = "<!-- tools: written by scripts/generate-tool-tables.ts -->";
const closing = "<!-- end of tools -->";

/** Puts tables of the standard tools, made from their schemas, between the two marks of a page. Throws where it has none. */
export function withToolTables(page: string): string {
	const start = page.indexOf(opening);
	const end = page.indexOf(closing);
	if (start < 0 || end < start) throw new Error(`the page lacks ${opening} or ${closing}`);
	const sections = Object.values(standardTools).map(sectionOf);
	return `${page.slice(0, start)}${opening}\n\n${sections.join("\n")}\n${page.slice(end)}`;
}

function sectionOf(tool: (typeof standardTools)[keyof typeof standardTools]): string {
	const schema = tool.input.toJSONSchema({ io: "input" }) as {
		readonly properties?: Readonly<Record<string, Field>>;
		readonly required?: readonly string[];
	};
	const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
		const presence = schema.required?.includes(name) ? "required" : defaultOf(field);
		return `| \`${name}\` | ${typeOf(field)} | ${presence} | ${(field.description ?? "").replaceAll("|", "\\|")} |`;
	});
	const effect = tool.effect === "writes" ? "May change files: its call has a layer." : "Only reads.";
	const head = ["| input | type | default | |", "| --- | --- | --- | --- |"];
	return [`### ${tool.name}`, "", tool.description, "", effect, "", ...head, ...rows, ""].join("\n");
}

function typeOf(field: Field): string {
	if (field.enum !== undefined) return field.enum.map((choice) => `\`${String(choice)}\``).join(", ");
	if (field.type === "array") return `list of ${field.items?.type ?? "values"}s`;
	if (field.type === "object") return "map of strings";
	const bound =
		field.maximum !== undefined && field.maximum < Number.MAX_SAFE_INTEGER ? `, at most ${field.maximum}` : "";
	return `${field.type ?? "value"}${bound}`;
}

function defaultOf(field: Field): string {
	return field.default === undefined ? "–" : `\`${JSON.stringify(field.default)}\``;
}
