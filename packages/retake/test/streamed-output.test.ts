import { Writable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { jsonPieces } from "../src/json/json-pieces.ts";
import { streamedList } from "../src/json/streamed-list.ts";
import { layOutTable, tableLines } from "../src/terminal/table.ts";
import { writePieces } from "../src/terminal/write-pieces.ts";

/** Turns every list of a value into one that can only be gone through. */
function streamed(value: unknown): unknown {
	if (typeof value !== "object" || value === null) return value;
	if (Array.isArray(value)) return value.values();
	return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, streamed(field)]));
}

test("a document with lists that are made while they are printed has the text of one that is whole", () => {
	fc.assert(
		fc.property(fc.jsonValue(), (value) => {
			const text = JSON.stringify(value, null, 2);
			expect([...jsonPieces(value)].join("")).toBe(text);
			expect([...jsonPieces(streamed(value))].join("")).toBe(text);
			expect([...jsonPieces([{ held: streamed(value), left: undefined }])].join("")).toBe(
				JSON.stringify([{ held: value }], null, 2),
			);
		}),
	);
});

test("an item of such a list is made when the one before it was printed, and checked as the schema says", () => {
	const made: number[] = [];
	function* items(): Iterable<{ readonly count: number }> {
		for (let count = 0; count < 3; count++) {
			made.push(count);
			yield { count };
		}
	}
	const schema = z.strictObject({ items: streamedList(z.strictObject({ count: z.int().max(1) })) });
	const pieces = jsonPieces(schema.parse({ items: items() }))[Symbol.iterator]();
	let text = "";
	while (!text.includes('"count": 0')) text += pieces.next().value;
	expect(made).toEqual([0]);
	expect(() => [...{ [Symbol.iterator]: () => pieces }]).toThrow("too_big");
	expect(() => schema.parse({ items: 3 })).toThrow();
});

test("a table whose rows are made twice is the one whose rows are there", () => {
	const columns = [{ title: "call" }, { title: "input", gives: true }, { title: "time", align: "right" as const }];
	const rows = Array.from({ length: 50 }, (_, index) => [`/#${index}`, "x".repeat(index * 3), `${index} ms`]);
	const again = {
		*[Symbol.iterator]() {
			for (const cells of rows) yield { cells };
		},
	};
	expect([...tableLines(columns, again, 60)]).toEqual(layOutTable(columns, rows, 60));
});

/** A stream that takes a piece each turn, and says how much has waited at most. */
function slowStream() {
	const seen = { text: "", waitedMost: 0, made: 0 };
	const stream = new Writable({
		highWaterMark: 1024,
		write: (chunk: Buffer, _encoding, done) => {
			seen.text += chunk.toString("utf8");
			seen.waitedMost = Math.max(seen.waitedMost, stream.writableLength);
			setImmediate(done);
		},
	});
	return { stream, seen };
}

test("nobody is written to faster than he reads", async () => {
	const { stream, seen } = slowStream();
	function* pieces(): Iterable<string> {
		for (; seen.made < 20_000; seen.made++) yield "a piece of a thousand characters".padEnd(1_000);
	}
	await writePieces(stream, pieces());
	expect(seen.text).toHaveLength(20_000_000);
	expect(seen.waitedMost).toBeLessThan(200_000);
});

test("of a short answer nothing is written where it cannot be made to its end; of a long one the beginning", async () => {
	const failing = function* (pieces: number): Iterable<string> {
		for (let piece = 0; piece < pieces; piece++) yield "x".repeat(1_000);
		throw new Error("the record is damaged here");
	};
	const short = slowStream();
	await expect(writePieces(short.stream, failing(1_000))).rejects.toThrow("damaged");
	expect(short.seen.text).toBe("");
	const long = slowStream();
	await expect(writePieces(long.stream, failing(10_000))).rejects.toThrow("damaged");
	expect(long.seen.text.length).toBeGreaterThan(4_000_000);
});

test("where whoever reads has gone, no more is made", async () => {
	let made = 0;
	const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
	stream.on("error", () => undefined);
	function* pieces(): Iterable<string> {
		for (; made < 1_000_000; made++) yield "x".repeat(1_000);
	}
	await writePieces(stream, pieces());
	expect(made).toBeLessThan(10_000);
});
