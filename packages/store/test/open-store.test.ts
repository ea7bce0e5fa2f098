import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
	closeSync,
	ftruncateSync,
	mkdirSync,
	openSync,
	readFileSync,
	statSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { isRetakeError } from "@retake/base";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { openStore } from "../src/index.ts";
import { settableClock, temporaryDirectory } from "./fixture.ts";

const clock = settableClock();

function codeOf(body: () => unknown): string {
	try {
		body();
	} catch (error) {
		if (isRetakeError(error)) return error.code;
		throw error;
	}
	return "no error";
}

describe("openStore", () => {
	test("makes a private directory that git ignores by itself", () => {
		using directory = temporaryDirectory();
		const path = join(directory.path, "workspace", ".retake");
		mkdirSync(join(directory.path, "workspace"));
		using store = openStore(path, { clock });
		expect(statSync(path).mode & 0o777).toBe(0o700);
		expect(readFileSync(join(path, ".gitignore"), "utf8")).toBe("*\n");
		expect(statSync(store.treesDirectory).isDirectory()).toBe(true);
		execFileSync("git", ["init", "--quiet"], { cwd: join(directory.path, "workspace") });
		expect(execFileSync("git", ["status", "--porcelain"], { cwd: join(directory.path, "workspace") }).toString()).toBe(
			"",
		);
	});

	test("opens a file of every released version", () => {
		using directory = temporaryDirectory();
		const database = new Database(join(directory.path, "retake.db"));
		database.exec(readFileSync(join(import.meta.dirname, "golden/schema-v1.sql"), "utf8"));
		database.close();
		using store = openStore(directory.path, { clock });
		const [run] = store.runs.list();
		expect(run).toMatchObject({ title: "golden", state: "kept", verdict: "pass", failed: false });
		if (run === undefined) return;
		expect([...store.events.read(run.runId)].map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
			"event 0",
			"event 1",
		]);
		const [fact] = store.facts.list("setting");
		expect(Buffer.from(store.blobs.read(fact?.key as Parameters<typeof store.blobs.read>[0])).toString()).toBe(
			"golden",
		);
	});

	test("leaves a newer store, a damaged one and a foreign one as they are", () => {
		using directory = temporaryDirectory();
		const file = join(directory.path, "retake.db");
		const refusals: [string, () => void][] = [
			["STORE_NEWER", () => patch(file, 60, Buffer.from([0, 0, 0, 99]))],
			["STORE_DAMAGED", () => patch(file, 0, Buffer.from("not a database!!"))],
			["STORE_DAMAGED", () => patch(file, 68, Buffer.from([1, 2, 3, 4]))],
			["STORE_DAMAGED", () => patch(file, 4096, Buffer.alloc(8192, 0xff))],
			["STORE_DAMAGED", () => cut(file, 5000)],
		];
		openStore(directory.path, { clock })[Symbol.dispose]();
		const sound = readFileSync(file);
		for (const [code, damage] of refusals) {
			writeFileSync(file, sound);
			damage();
			const before = readFileSync(file);
			expect(codeOf(() => openStore(directory.path, { clock }))).toBe(code);
			expect(readFileSync(file).equals(before), code).toBe(true);
		}
		writeFileSync(file, sound);
		openStore(directory.path, { clock })[Symbol.dispose]();
	});

	test("says what stands in the way", () => {
		using directory = temporaryDirectory();
		expect(codeOf(() => openStore(directory.path, { clock, readOnly: true }))).toBe("WORKSPACE_NOT_FOUND");
		writeFileSync(join(directory.path, "file"), "");
		expect(codeOf(() => openStore(join(directory.path, "file"), { clock }))).toBe("WORKSPACE_NOT_DIRECTORY");
		openStore(directory.path, { clock })[Symbol.dispose]();
		using store = openStore(directory.path, { clock, readOnly: true });
		expect(codeOf(() => store.blobs.write(Buffer.from("x")))).toBe("WORKSPACE_READ_ONLY");
	});

	test.each([
		["DISK_FULL", 'mount -t tmpfs -o size=1m none "$1"'],
		["WORKSPACE_READ_ONLY", 'mount -t tmpfs -o ro none "$1"'],
	])("answers %s on a file system that is", (code, mount) => {
		using directory = temporaryDirectory();
		const script = join(import.meta.dirname, "fill-store.ts");
		const command = `${mount} && exec "$2" "$3" "$1/store"`;
		const argv = ["-rm", "sh", "-c", command, "sh", directory.path, process.execPath, script];
		expect(execFileSync("unshare", argv, { stdio: ["ignore", "pipe", "inherit"] }).toString()).toBe(code);
	});

	test("several processes write to one new store at once", async () => {
		using directory = temporaryDirectory();
		const script = join(import.meta.dirname, "write-many.ts");
		const writers = ["a", "b", "c", "d"].map((name) =>
			spawn(process.execPath, [script, join(directory.path, "store"), name], {
				stdio: ["ignore", "ignore", "inherit"],
			}),
		);
		const codes = await Promise.all(writers.map(async (writer) => (await once(writer, "exit"))[0]));
		expect(codes).toEqual([0, 0, 0, 0]);
		using store = openStore(join(directory.path, "store"), { clock });
		expect(store.runs.list().map(({ runId }) => store.events.count(runId))).toEqual([200, 200, 200, 200]);
	});
});

function patch(file: string, position: number, bytes: Uint8Array): void {
	const descriptor = openSync(file, "r+");
	writeSync(descriptor, bytes, 0, bytes.byteLength, position);
	closeSync(descriptor);
}

function cut(file: string, size: number): void {
	const descriptor = openSync(file, "r+");
	ftruncateSync(descriptor, size);
	closeSync(descriptor);
}
