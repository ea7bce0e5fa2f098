import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits, errorCodes, RetakeError } from "@retake/base";
import { openSession, type ToolName } from "@retake/runtime";
import { unofferedCalls } from "@retake/txfs";
import { expect, test } from "vitest";
import { withToolTables } from "../../scripts/docs/tool-tables.ts";
import { readFencedBlocks } from "../tidy/fenced-blocks.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/library.md"), "utf8");

test("the page lists the standard tools as their schemas are", () => {
	expect(page, "run: node scripts/generate-tool-tables.ts").toBe(withToolTables(page));
	expect(() => withToolTables("no marks")).toThrow("lacks");
});

test("the page lists every error code with its meaning", () => {
	for (const [code, meaning] of Object.entries(errorCodes)) expect(page).toContain(`| \`${code}\` | ${meaning} |`);
});

test("the page lists the limits with their defaults", () => {
	for (const [name, limit] of Object.entries(defaultLimits)) {
		const unit = [1024 ** 3, 1024 ** 2].find((bytes) => limit % bytes === 0);
		const spelled = limit.toLocaleString("en-US");
		const shown = unit === undefined ? spelled : `${limit / unit} ${unit === 1024 ** 3 ? "GiB" : "MiB"}`;
		expect(page).toContain(`| \`${name}\` | ${shown} |`);
	}
});

test("the page lists what a transaction's file system cannot offer, and why", () => {
	const byReason = Map.groupBy(Object.entries(unofferedCalls), ([, reason]) => reason);
	for (const [reason, calls] of byReason) {
		expect(page).toContain(`| ${calls.map(([call]) => `\`${call}\``).join(", ")} | ${reason} |`);
	}
});

test("the page's program on a transaction's file system prints what the page says", () => {
	const blocks = readFencedBlocks(page);
	const index = blocks.findIndex(({ text }) => text.includes("openTransaction("));
	const [program, printed] = blocks.slice(index);
	using workspace = scratchWorkspace({ "a.txt": "alpha\n" });
	const repository = join(import.meta.dirname, "../..");
	for (const words of [
		["init", "-q"],
		["add", "."],
		["commit", "-qm", "first"],
	]) {
		execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...words], { cwd: workspace.path });
	}
	mkdirSync(join(workspace.path, "node_modules"));
	for (const name of ["retake", "isomorphic-git"]) {
		symlinkSync(join(repository, "node_modules", name), join(workspace.path, "node_modules", name));
	}
	writeFileSync(join(workspace.path, "program.ts"), program?.text ?? "");
	const output = execFileSync(process.execPath, ["program.ts"], { cwd: workspace.path, encoding: "utf8" });
	expect(output).toBe(`${printed?.text}\n`);
	expect(readFileSync(join(workspace.path, "KEPT.md"), "utf8")).toBe("committed\n");
	expect(existsSync(join(workspace.path, "NOTES.md"))).toBe(false);
});

test("the errors that the page names are those that a session throws", async () => {
	using workspace = scratchWorkspace({ "a.txt": "one one\n" });
	await using session = await openSession({ workspace: workspace.path, sandbox: "none" });
	const codeOf = (call: Promise<unknown>) =>
		call.then(
			() => null,
			(error: unknown) => (error instanceof RetakeError ? error.code : String(error)),
		);
	expect(await codeOf(session.call("read_file", { path: "missing" }))).toBe("FILE_NOT_FOUND");
	expect(await codeOf(session.call("read_file", { path: "../a.txt" }))).toBe("PATH_REFUSED");
	expect(await codeOf(session.call("write_file", { path: ".git/hooks/x", content: "" }))).toBe("PATH_REFUSED");
	expect(await codeOf(session.call("edit_file", { path: "a.txt", oldText: "one", newText: "" }))).toBe("TOOL_FAILED");
	expect(await codeOf(session.call("exec", { argv: [] }))).toBe("TOOL_INPUT");
	expect(await codeOf(session.call("exec", { argv: ["true"] }))).toBe("SANDBOX_UNAVAILABLE");
	expect(await codeOf(session.call("no_such_tool" as ToolName, { path: "" }))).toBe("TOOL_UNKNOWN");
	await session.keep({ verdict: "done", failed: false });
	expect(await codeOf(session.call("list_files", {}))).toBe("SESSION_CLOSED");
});
