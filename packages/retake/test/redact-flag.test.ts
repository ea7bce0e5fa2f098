import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemRandomness } from "@retake/base";
import { expect, test } from "vitest";
import { runCommandLine } from "../src/program.ts";
import { captureEdges } from "./captured-edges.ts";

const secret = "correct-horse-battery";

async function retake(directory: string, ...words: string[]) {
	const edges = captureEdges(directory);
	const environment = { TOKEN: secret };
	const real = { ...edges, environment, clock: systemClock, randomness: systemRandomness };
	return { exitCode: await runCommandLine(words, real), ...edges.written };
}

/** Whether any file of the store holds the secret, plain or in base64. */
function isStored(directory: string): boolean {
	const store = join(directory, ".retake");
	return readdirSync(store, { withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map(({ name }) => readFileSync(join(store, name)).toString("latin1"))
		.some((text) => text.includes(secret) || text.includes(Buffer.from(secret).toString("base64")));
}

function scratch(): Disposable & { readonly path: string } {
	const path = mkdtempSync(join(realpathSync(tmpdir()), "retake-redact-"));
	writeFileSync(join(path, "notes.txt"), "one\n");
	return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

const program = ["--", "sh", "-c", 'printf %s "$1"; printf %s "$1" | base64', "sh", secret];

test("a redacted variable is nowhere in the store, and the run plays back", { timeout: 120_000 }, async () => {
	using workspace = scratch();
	const here = workspace.path;
	const run = await retake(here, "run", "--keep", "--redact", "token=TOKEN", ...program);
	expect(run.exitCode, run.stderr).toBe(0);
	expect(isStored(here)).toBe(false);
	const replayed = await retake(here, "replay", "@last", "--redact", "token=TOKEN");
	expect(replayed.stdout, replayed.stderr).toContain("identical");
});

test("control: without the option the store holds it", { timeout: 120_000 }, async () => {
	using workspace = scratch();
	const run = await retake(workspace.path, "run", "--keep", ...program);
	expect(run.exitCode, run.stderr).toBe(0);
	expect(isStored(workspace.path)).toBe(true);
});

test.each([
	["token", "write --redact NAME=VARIABLE"],
	["token=UNSET", "UNSET is not set"],
])("--redact %s is refused", async (text, words) => {
	using workspace = scratch();
	const refused = await retake(workspace.path, "run", "--redact", text, "--", "true");
	expect(refused.exitCode).toBe(2);
	expect(refused.stderr).toContain(words);
});
