import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { listRepositoryFiles, repositoryRoot } from "./tidy/source-file.ts";

const top = readdirSync(repositoryRoot).filter((name) => name.endsWith(".md"));
const inDocs = readdirSync(join(repositoryRoot, "docs")).filter((name) => name.endsWith(".md"));
const pages = [...top, ...inDocs.map((name) => `docs/${name}`)];
const read = (page: string): string => readFileSync(join(repositoryRoot, page), "utf8");

/** A heading's anchor, as code hosts make it. */
function anchorOf(heading: string): string {
	return heading
		.toLowerCase()
		.replaceAll(/[^\p{Letter}\p{Number} _-]/gu, "")
		.replaceAll(" ", "-");
}

function brokenLinks(page: string, text: string): string[] {
	const prose = text.replaceAll(/^```[^]*?^```/gm, "");
	return [...prose.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].flatMap(([, target = ""]) => {
		const [path = "", anchor] = target.split("#");
		const file = path === "" ? page : join(dirname(page), path);
		if (!existsSync(join(repositoryRoot, file))) return [target];
		if (anchor === undefined) return [];
		const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));
		return headings.includes(anchor) ? [] : [target];
	});
}

describe.each(pages)("%s", (page) => {
	test("links only to pages and headings that exist", () => {
		expect(brokenLinks(page, read(page))).toEqual([]);
	});
	test("names only source files that exist", () => {
		const files = listRepositoryFiles().map((path) => `/${path}`);
		const named = [...read(page).matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.ts)`/g)].map(([, name = ""]) => name);
		const own = ["retake.config.ts", "agent.ts"];
		const missing = named.filter((name) => !own.includes(name) && !files.some((path) => path.endsWith(`/${name}`)));
		expect(missing).toEqual([]);
	});
});

test("a link to nowhere is seen", () => {
	expect(brokenLinks("docs/cli.md", "[a](no-such.md) [b](cli.md#no-such) [c](cli.md#configuration)")).toEqual([
		"no-such.md",
		"cli.md#no-such",
	]);
});
