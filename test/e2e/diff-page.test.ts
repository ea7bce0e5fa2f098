import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { openSession } from "retake";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** Runs where markup is obeyed, in each of the ways in which a text can get there. */
const attack = `</td></script></style><script>window.attacked=1</script><img src="x" onerror="window.attacked=1"><a href="javascript:window.attacked=1">"' onmouseover='window.attacked=1`;
const name = `<img src=x onerror=window.attacked=1>.txt`;

let browser: Browser;
let workspace: ScratchWorkspace;
let file: string;
let many: string;

async function recordRun(word: string): Promise<string> {
	await using session = await openSession({ workspace: workspace.path, title: `${word} ${attack}` });
	for (let call = 0; call < 30; call++) await session.perform("step", { call }, async () => call);
	await session.call("exec", { argv: ["sh", "-c", 'printf "%s\\n" "$1" "$2"', "sh", attack, word] });
	await session.call("write_file", { path: name, content: `${word}\n${attack}\n` });
	await session.perform(`model${attack}`, { [attack]: word, prompt: attack }, async () => ({ [attack]: attack }));
	const { runId } = await session.keep({ verdict: attack.slice(0, 60), failed: false });
	return runId;
}

async function openPage(path: string, options: BrowserContextOptions = {}): Promise<Page & AsyncDisposable> {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	const requests: string[] = [];
	page.on("request", (request) => requests.push(request.url()));
	page.on("dialog", () => requests.push("a dialog"));
	await page.goto(pathToFileURL(path).href);
	expect(requests).toEqual([pathToFileURL(path).href]);
	return Object.assign(page, { [Symbol.asyncDispose]: async () => context.close() });
}

const attacked = (page: Page): Promise<unknown> => page.evaluate("window.attacked");

beforeAll(async () => {
	if (program === undefined)
		throw new Error("chromium is missing, and the page is not tested: run scripts/host-setup test");
	browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
	workspace = scratchWorkspace({ "a.txt": "a\n" });
	const runs = [await recordRun("one"), await recordRun("other"), await recordRun("third")];
	file = join(workspace.path, "diff.html");
	const written = await retake(workspace.path, "diff", ...runs.slice(0, 2), "--html", file);
	expect(written.exitCode, written.stderr).toBe(1);
	many = join(workspace.path, "many.html");
	expect((await retake(workspace.path, "diff", ...runs, "--html", many)).exitCode).toBe(1);
	return () => workspace[Symbol.dispose]();
});
afterAll(async () => browser?.close());

test("markup in titles, inputs, keys, output, contents and names of files is text, and nothing is loaded", async () => {
	await using page = await openPage(file);
	await page.locator("#unfold").click();
	expect(await attacked(page)).toBeUndefined();
	for (const element of await page.locator("main a, main img").all()) {
		expect(await element.getAttribute("href")).not.toContain("javascript");
		expect(await element.getAttribute("onerror")).toBeNull();
	}
	expect(await page.locator("img").count()).toBe(0);
	const text = await page.locator("body").innerText();
	expect(text).toContain("<script>window.attacked=1</script>");
	expect(text).toContain(name);
	expect(await page.title()).toContain("<script>");
});

test("control: the same texts attack a page that writes them as they are; and even injected into ours, its policy keeps them inert", async () => {
	const naive = join(workspace.path, "naive.html");
	writeFileSync(naive, `<!doctype html><body><p>${attack}</p></body>`);
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(pathToFileURL(naive).href);
	expect(await attacked(page)).toBe(1);
	const injected = join(workspace.path, "injected.html");
	writeFileSync(injected, readFileSync(file, "utf8").replace("<main>", `<main>${attack}`));
	const refused: string[] = [];
	page.on("console", (message) => refused.push(message.text()));
	await page.goto(pathToFileURL(injected).href);
	expect(await attacked(page)).toBeUndefined();
	expect(refused.join("\n")).toContain("Content Security Policy");
	await context.close();
});

test("is read without a program: the first divergence stands open, the files that differ below, what is the same is folded", async () => {
	await using page = await openPage(file, { javaScriptEnabled: false });
	const text = await page.locator("body").innerText();
	expect(text).toContain("First divergence at /#30, exec");
	expect(text).toContain("29 calls that are the same, /#0 to /#28");
	expect(await page.locator("details.first[open] .hunk tr.removed").first().innerText()).toContain("one");
	expect(await page.locator("#search").isVisible()).toBe(false);
	await page.locator("details.row:not(.first) > summary").first().click();
	expect(await page.locator("details.row[open]").count()).toBe(2);
});

test("is worked by keys and filters", async () => {
	await using page = await openPage(file);
	await page.keyboard.press("j");
	expect(await page.evaluate("document.activeElement === document.querySelector('details.first > summary')")).toBe(
		true,
	);
	await page.keyboard.press("Enter");
	expect(await page.locator("details.first").getAttribute("open")).toBeNull();
	await page.keyboard.press("f");
	expect(await page.locator("details.first").getAttribute("open")).not.toBeNull();
	await page.locator("button[data-shows=same]").click();
	expect(await page.locator(".fold").isVisible()).toBe(false);
	await page.keyboard.press("/");
	await page.keyboard.type("write_file");
	expect(await page.locator("[data-kind]:visible").count()).toBe(1);
});

test.each([1280, 400])("fits a window of %i pixels, light and dark", async (width) => {
	for (const colorScheme of ["light", "dark"] as const) {
		await using page = await openPage(file, { viewport: { width, height: 900 }, colorScheme });
		expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
		const background = await page.evaluate("getComputedStyle(document.body).backgroundColor");
		expect(background).toBe(colorScheme === "light" ? "rgb(246, 247, 249)" : "rgb(20, 22, 26)");
	}
});

describe("of three runs", () => {
	test("markup is text there too, it fits, and it reads without a program", async () => {
		for (const width of [1280, 400]) {
			await using page = await openPage(many, { viewport: { width, height: 900 }, javaScriptEnabled: width === 400 });
			expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
			expect(await attacked(page)).toBeUndefined();
			expect(await page.locator("img").count()).toBe(0);
			const text = await page.locator("body").innerText();
			expect(text).toContain("<script>window.attacked=1</script>");
			expect(text).toContain("29 calls that are the same in all, /#0 to /#28");
			expect(text).toContain("b, c part here");
		}
	});

	test("each run says where it parts from the first, and how it differs there", async () => {
		await using page = await openPage(many);
		expect(await page.locator(".verdict").allInnerTexts()).toEqual([
			expect.stringMatching(/^b\s*parts from a at \/#30/),
			expect.stringMatching(/^c\s*parts from a at \/#30/),
		]);
		const cells = page.locator("details.first[open] .cell");
		expect(await cells.count()).toBe(2);
		expect(await cells.nth(0).locator("tr.added").first().innerText()).toContain("other");
		expect(await cells.nth(1).locator("tr.added").first().innerText()).toContain("third");
		await page.locator("button[data-shows=input-changed]").click();
		expect(await page.locator("details.first").isVisible()).toBe(false);
		expect(await page.locator("[data-kind=same]:visible").count()).toBeGreaterThan(0);
	});
});

test("is never written over a file that is there", async () => {
	const before = readFileSync(file);
	const refused = await retake(workspace.path, "diff", "@last", "@last", "--html", file);
	expect(refused.exitCode).toBe(2);
	expect(readFileSync(file)).toEqual(before);
});
