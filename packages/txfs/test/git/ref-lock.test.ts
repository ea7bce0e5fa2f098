import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RefLock, refuseLocked } from "../../src/git/refs/ref-lock.ts";

const ref = "refs/heads/retake/fix";
const value = `${"1".repeat(40)}\n`;
let common = "";
beforeEach(() => {
	common = mkdtempSync(join(tmpdir(), "retake-ref-lock-"));
	mkdirSync(join(common, "refs/heads/retake"), { recursive: true });
});
afterEach(() => rmSync(common, { recursive: true }));

function names(): readonly string[] {
	return readdirSync(join(common, "refs/heads/retake")).toSorted();
}

/** Starts a process that takes the lock and holds it until it is killed. */
async function holder(): Promise<ReturnType<typeof spawn>> {
	const module = join(import.meta.dirname, "../../src/git/refs/ref-lock.ts");
	const script = `import { RefLock } from ${JSON.stringify(module)};
		globalThis.held = RefLock.take(${JSON.stringify(common)}, ${JSON.stringify(ref)});
		console.log("held"); setInterval(() => undefined, 1000);`;
	const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
		stdio: ["ignore", "pipe", "inherit"],
		cwd: import.meta.dirname,
	});
	if (child.stdout !== null) await once(child.stdout, "data");
	return child;
}

test("what is published is the ref, and nothing else is left; what is not leaves nothing", () => {
	{
		using lock = RefLock.take(common, ref);
		expect(() => RefLock.take(common, ref)).toThrow(expect.objectContaining({ code: "STORE_BUSY" }));
		lock.write(value);
		lock.publish();
	}
	expect(names()).toEqual(["fix"]);
	expect(readFileSync(join(common, ref), "utf8")).toBe(value);
	{
		using _lock = RefLock.take(common, ref);
	}
	expect(names()).toEqual(["fix"]);
});

test("a living process's lock stands; a killed one's is cleared away", async () => {
	const child = await holder();
	expect(() => refuseLocked(common, ref)).toThrow(expect.objectContaining({ code: "STORE_BUSY" }));
	expect(names()).toContain("fix.lock");
	child.kill("SIGKILL");
	await once(child, "close");
	expect(names()).toContain("fix.lock");
	refuseLocked(common, ref);
	expect(names()).toEqual([]);
});

test("git's own lock stands, however old, and git passes over ours", () => {
	writeFileSync(join(common, `${ref}.lock`), "");
	expect(() => RefLock.take(common, ref)).toThrow(expect.objectContaining({ code: "STORE_BUSY" }));
	expect(names()).toEqual(["fix.lock"]);
	rmSync(join(common, `${ref}.lock`));
	execFileSync("git", ["init", "-q", "--bare", join(common, "bare")]);
	mkdirSync(join(common, "bare/refs/heads/retake"));
	using _lock = RefLock.take(join(common, "bare"), ref);
	expect(execFileSync("git", ["-C", join(common, "bare"), "for-each-ref"], { encoding: "utf8" })).toBe("");
	expect(execFileSync("git", ["-C", join(common, "bare"), "fsck"], { encoding: "utf8", stdio: "pipe" })).toBe("");
});
