import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openRuntime, openSession } from "@retake/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFencedBlocks } from "../tidy/fenced-blocks.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/trace-format.md"), "utf8");

/** The program of the page, in a directory of its own: it can import nothing of ours. */
function placeVerifier(): ScratchWorkspace {
	const [program, ...others] = readFencedBlocks(page).filter((block) => block.language === "js");
	if (program === undefined || others.length > 0) throw new Error("the page must hold one program");
	expect(program.text.match(/from "[^"]+"/g)?.every((name) => name.startsWith('from "node:'))).toBe(true);
	return scratchWorkspace({ "verify.mjs": program.text });
}

const long = "a line of text that is long enough\n".repeat(100_000);
let workspace: ScratchWorkspace;
let verifier: ScratchWorkspace;
let store: string;
let rootHash: string;
let runId: string;

function verify(): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
	const words = ["--no-warnings", join(verifier.path, "verify.mjs"), store];
	return spawnSync(process.execPath, words, { encoding: "utf8" });
}

beforeAll(async () => {
	workspace = scratchWorkspace({ "greeting.txt": "hello\n" });
	verifier = placeVerifier();
	store = join(workspace.path, ".retake");
	const session = await openSession({ workspace: workspace.path, sandbox: "none", title: "größer 🎬" });
	runId = session.runId;
	await session.call("write_file", { path: "long.txt", content: long });
	await session.call("read_file", { path: "long.txt", limit: 200_000 });
	const savepoint = session.savepoint();
	await session.call("delete_file", { path: "greeting.txt" });
	session.rollbackTo(savepoint);
	await session.call("read_file", { path: "missing" }).catch(() => undefined);
	await session.parallel([() => session.now(), () => session.random()]);
	const integers = [2 ** 5, 2 ** 7, 2 ** 8, 2 ** 15, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 40].flatMap((power) =>
		[power - 1, power, power + 1].flatMap((number) => [number, -number]),
	);
	const manyKeys = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key ${index}`, index]));
	const texts = [31, 32, 255, 256, 65_535, 65_536].map((length) => "x".repeat(length));
	const shapes = {
		integers: [0, ...integers],
		manyKeys,
		texts,
		odd: { "10": 1, "9": 2, "\u{10000}": 3, "\uffff": 4, é: 0.1 },
	};
	await session.perform("shapes", shapes, async () => Buffer.alloc(300));
	({ rootHash } = await session.keep({ verdict: "done", failed: false }));
});

afterAll(() => {
	workspace[Symbol.dispose]();
	verifier[Symbol.dispose]();
});

/** Runs statements on a copy of the store, verifies that, and puts the store back. */
function afterEdit(edit: (database: DatabaseSync) => void): ReturnType<typeof verify> {
	const file = join(store, "retake.db");
	const before = readFileSync(file);
	const database = new DatabaseSync(file);
	try {
		edit(database);
	} finally {
		database.close();
	}
	const outcome = verify();
	writeFileSync(file, before);
	return outcome;
}

describe("the program of docs/trace-format.md", () => {
	test("verifies a real run to the root hash that the recorder returned", () => {
		const { status, stdout, stderr } = verify();
		expect(stderr).toBe("");
		expect(status).toBe(0);
		expect(stdout).toMatch(new RegExp(`^${runId} ${rootHash} \\d+ events, done\n$`));
	});

	test.each([
		["event", "bytes", 12],
		["run", "header", 4],
	] as const)("finds a flipped bit in any %s", (table, column, attempts) => {
		const seed = Date.now() % 1_000_000;
		console.info(`seed ${seed}`);
		let state = seed;
		const draw = (below: number): number => {
			state = (state * 1_103_515 + 12_345) % 2 ** 31;
			return state % below;
		};
		for (let attempt = 0; attempt < attempts; attempt++) {
			const { status, stderr } = afterEdit((database) => {
				const rows = database.prepare(`SELECT id, ${column} AS bytes FROM ${table} ORDER BY id`).all();
				const row = rows[draw(rows.length)];
				const bytes = Buffer.from(row?.["bytes"] as Uint8Array);
				const place = draw(bytes.length);
				bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << draw(8)), place);
				database.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`).run(bytes, Number(row?.["id"]));
			});
			expect(status).not.toBe(0);
			if (table === "event") expect(stderr).toMatch(/event \d+, or one before it, was changed/);
		}
	});

	test.each([
		["an event removed", "DELETE FROM event WHERE sequence = 1", /event 1 is missing/],
		["the end cut off", "DELETE FROM event WHERE id = (SELECT max(id) FROM event)", /does not end with the root hash/],
		["a title changed in the listing", "UPDATE run SET title = 'other'", /another title/],
		["a verdict changed in the listing", "UPDATE run SET verdict = 'pass'", /another end/],
		[
			"a content changed",
			"UPDATE blob_chunk SET encoding = 0, bytes = x'00' WHERE ordinal = 0 AND blob = (SELECT max(id) FROM blob)",
			/holds other bytes/,
		],
		["a content missing", "DELETE FROM blob", /is missing/],
		["an integer that could be shorter", "UPDATE run SET header = x'cc05'", /shortest form/],
		["an integer written as a float", "UPDATE run SET header = x'cb3ff0000000000000'", /no canonical number/],
		["keys out of order", "UPDATE run SET header = x'82a16201a16102'", /not in order/],
		["a changeset changed", "UPDATE changeset SET bytes = CAST(bytes || x'00' AS BLOB)", /holds other bytes/],
	])("finds %s", (_name, statement, reason) => {
		const { status, stderr } = afterEdit((database) => database.exec(statement));
		expect(status).not.toBe(0);
		expect(stderr).toMatch(reason);
	});

	test("agrees that nothing is wrong after all of this", () => {
		expect(verify().status).toBe(0);
	});
});

test("the tables and columns of the page are those of a store", async () => {
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "none" });
	using database = new DatabaseSync(join(runtime.store.directory, "retake.db"), { readOnly: true });
	const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
	for (const { name } of tables) {
		const columns = database.prepare("SELECT name FROM pragma_table_xinfo(?)").all(String(name));
		const spelled = columns.map((column) => `\`${String(column["name"])}\``).join(", ");
		expect(page).toContain(`| \`${String(name)}\` | ${spelled} |`);
	}
});
