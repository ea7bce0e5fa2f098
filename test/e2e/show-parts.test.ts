import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { openSession } from "retake";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));
const browserProgram = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const attack = `</pre></script><script>window.attacked=1</script><img src="x" onerror="window.attacked=1">`;

let workspace: ScratchWorkspace;

beforeAll(async () => {
	workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using session = await openSession({ workspace: workspace.path, title: `parts ${attack}` });
	// What nobody watches is recorded as a whole.
	const streamed = { onChunk: () => {} };
	await session.call("exec", { argv: ["sh", "-c", "seq 1 100000; head -c 3000 /dev/urandom >&2"] });
	await session.call(
		"exec",
		{ argv: ["sh", "-c", "echo first; sleep 0.4; echo second; printf '\\033[2J'; exit 3"] },
		streamed,
	);
	await session.parallel([
		async () => {
			await session.perform("one", {}, async () => 1);
			await session.perform("one", {}, async () => 2);
		},
		async () => {
			await session.perform("two", { attack }, async () => attack);
		},
	]);
	await session.call("write_file", { path: "b.txt", content: "b\n" });
	await session.keep({ verdict: "done", failed: false });
	return () => workspace[Symbol.dispose]();
}, 120_000);

/** The bytes of standard output. */
function bytesOf(...words: readonly string[]) {
	const { status, stdout, stderr } = spawnSync(process.execPath, [program, "show", "@last", ...words], {
		cwd: workspace.path,
		maxBuffer: 64 * 1024 ** 2,
	});
	return { status, stdout, stderr: stderr.toString() };
}

describe("a call in full", () => {
	test("shows the ends of a long output and the size of what is no text; --raw has each to the byte", () => {
		const { stdout } = bytesOf("0");
		const text = stdout.toString();
		expect(text.split("\n").length).toBeLessThan(400);
		expect(text).toMatch(/… the middle of 575\.1 KiB left out: --raw stdout has all/);
		expect(text).toContain("  100000\n");
		expect(text).toMatch(/\(2\.9 KiB that are no text: --raw stderr has all\)\n +00000000 /);
		const whole = bytesOf("0", "--raw", "stdout");
		expect(whole.stdout.toString()).toBe(`${Array.from({ length: 100_000 }, (_, line) => line + 1).join("\n")}\n`);
		expect(bytesOf("0", "--raw", "/result/stderr").stdout).toHaveLength(3_000);
		expect(bytesOf("0", "--raw", "argv").stdout.toString()).toContain("head -c 3000");
	});

	test("--raw writes into a file that is not there yet, and says what there is where there is no such part", () => {
		const file = join(workspace.path, "stderr.bin");
		expect(bytesOf("0", "--raw", "stderr", "--to", file).status).toBe(0);
		expect(readFileSync(file)).toEqual(bytesOf("0", "--raw", "stderr").stdout);
		expect(bytesOf("0", "--raw", "stderr", "--to", file).status).toBe(2);
		const none = bytesOf("0", "--raw", "body");
		expect(none.status).toBe(2);
		expect(none.stderr).toContain("/result/stderr, /result/stdout");
		expect(bytesOf("--raw", "stdout").status).toBe(2);
	});

	test("tells when each piece of its output came", () => {
		const text = bytesOf("1").stdout.toString();
		const came = [...text.matchAll(/^ +\+(\d+) ms +stdout +\d+ bytes +(\w+)/gm)].map(([, after, word]) => [
			word,
			Number(after),
		]);
		expect(came.map(([word]) => word)).toEqual(expect.arrayContaining(["first", "second"]));
		expect(Number(came.find(([word]) => word === "second")?.[1]) - Number(came[0]?.[1])).toBeGreaterThan(300);
		expect(text).not.toContain("\x1b");
	});
});

test("the timeline draws parallel branches", () => {
	const lines = bytesOf().stdout.toString().split("\n");
	const lanes = lines.filter((line) => line.includes("/0/")).map((line) => line.slice(0, 2));
	expect(lanes).toContain("│●");
	expect(lanes.filter((lane) => lane.startsWith("●"))).toHaveLength(2);
});

describe("the page of a run", () => {
	let browser: Browser;
	let file: string;

	beforeAll(async () => {
		if (browserProgram === undefined) throw new Error("chromium is missing: run scripts/host-setup test");
		browser = await chromium.launch({ executablePath: browserProgram, args: ["--no-sandbox"] });
		file = join(workspace.path, "run.html");
		const written = await retake(workspace.path, "show", "@last", "--html", file);
		expect(written.exitCode, written.stderr).toBe(0);
	});
	afterAll(async () => browser?.close());

	test.each([
		[1280, true],
		[400, false],
	])(
		"fits %i pixels, with a program: %s; it is inert, bounded and tells every call",
		async (width, javaScriptEnabled) => {
			expect(readFileSync(file).byteLength).toBeLessThan(500_000);
			const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled });
			const page = await context.newPage();
			const requests: string[] = [];
			page.on("request", (request) => requests.push(request.url()));
			await page.goto(pathToFileURL(file).href);
			expect(requests).toEqual([pathToFileURL(file).href]);
			expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
			expect(await page.evaluate("window.attacked")).toBeUndefined();
			expect(await page.locator("img").count()).toBe(0);
			expect(await page.locator(".row.call").count()).toBe(6);
			await page.locator("#row-1 > summary").click();
			const text = await page.locator("body").innerText();
			expect(text).toContain("✗ failed 1");
			expect(text).toContain("second");
			expect(text).toContain("│●");
			await context.close();
		},
	);

	test("is filtered by how calls ended, and searched", async () => {
		const page = await browser.newPage();
		await page.goto(pathToFileURL(file).href);
		await page.locator("button[data-shows=ok]").click();
		expect(await page.locator(".row.call:visible").count()).toBe(1);
		await page.locator("button[data-shows=ok]").click();
		await page.locator("#search").fill("write_file");
		expect(await page.locator(".row.call:visible").count()).toBe(1);
		await page.close();
	});
});
