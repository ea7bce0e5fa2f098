import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { needs } from "@retake/testkit";
import { openSession } from "retake";
import { beforeAll, describe, expect, test } from "vitest";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));

let workspace: ScratchWorkspace;

beforeAll(async () => {
	workspace = scratchWorkspace({ "a.txt": "a\n" });
	mkdirSync(join(workspace.path, "out"));
	await using session = await openSession({ workspace: workspace.path });
	for (let call = 0; call < 20; call++) await session.call("exec", { argv: ["head", "-c", "20000", "/dev/urandom"] });
	await session.keep({ verdict: "done", failed: false });
	return () => workspace[Symbol.dispose]();
}, 120_000);

/** Exports into a file system of its own, mounted with options, and lists what lies there afterwards. */
function exportInto(mountOptions: string, format: string) {
	const script = `mount -t tmpfs -o "$1" none out || exit 99; shift; "$@"; code=$?; echo "there: $(ls -A out)"; exit $code`;
	const argv = ["export", "@last", "--to", "out/run", "--format", format, "--json"];
	const { status, stdout, stderr } = spawnSync(
		"unshare",
		["--mount", "sh", "-c", script, "sh", mountOptions, process.execPath, program, ...argv],
		{ cwd: workspace.path, encoding: "utf8" },
	);
	const [document = "", there] = stdout.split("there: ");
	return { status, there: there?.trim(), stderr, document: document === "" ? null : JSON.parse(document) };
}

/** One that SQLite writes, and one that we write; the others are written as the second is. */
const formats = ["retake", "otlp"];

describe.each(formats)("an export as %s", (format) => {
	test("into a directory that cannot be written says so, and names what to do", needs("root"), () => {
		const { status, there, document } = exportInto("ro", format);
		expect(document.error.message).toMatch(/read-only|EROFS|cannot be written/i);
		expect(document.error.remedy).not.toBe("");
		expect(document.error.message).not.toMatch(/bug/i);
		expect([2, 3]).toContain(status);
		expect(there).toBe("");
	});

	test("onto a disk that is full says so, and leaves nothing behind; with room it is there", needs("root"), () => {
		const full = exportInto("size=64k", format);
		expect(full.document.error.message).toMatch(/full|space|ENOSPC/i);
		expect(full.status).toBe(3);
		expect(full.there).toBe("");
		const roomy = exportInto("size=64m", format);
		expect(roomy.status, roomy.stderr).toBe(0);
		expect(roomy.there).toBe("run");
	});
});
