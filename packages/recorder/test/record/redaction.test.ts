import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTrace, type Secret, startPlayback, type Tape } from "../../src/index.ts";
import { end, header, record, request, temporaryStore } from "../fixture.ts";

const value = 's3cr3t/with+odd chars?&é"=';
const secrets: readonly Secret[] = [{ name: "TOKEN", value }];

/** What the store's directory holds, as one character a byte. */
function everythingOnDisk(directory: string): string {
	const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	return files.map((file) => readFileSync(join(file.parentPath, file.name)).toString("latin1")).join("\n");
}

const spellings: readonly (readonly [string, string])[] = [
	["raw", value],
	["base64", Buffer.from(value).toString("base64")],
	["base64 inside", Buffer.from(`user:${value}:rest`).toString("base64").slice(8, -8)],
	["percent-encoded", encodeURIComponent(value)],
	["hexadecimal", Buffer.from(value).toString("hex")],
];

async function program(tape: Tape, secret: string, live: boolean): Promise<unknown> {
	const chunks: string[] = [];
	const output = Buffer.from(`before ${secret} after s3cr`);
	const body = async (context: { chunk: (stream: string, bytes: Uint8Array) => void }) => {
		for (const byte of output) context.chunk("stdout", Uint8Array.of(byte));
		return {
			stdout: new Uint8Array(output),
			header: `Basic ${Buffer.from(`user:${secret}:rest`).toString("base64")}`,
			[secret]: [
				encodeURIComponent(secret),
				Buffer.from(secret).toString("hex"),
				Buffer.from(secret).toString("base64"),
			],
		};
	};
	const onChunk = (_stream: string, bytes: Uint8Array) => chunks.push(Buffer.from(bytes).toString());
	const input = { argv: ["curl", "-H", `token: ${secret}`] };
	const delivered = await tape.call(request("exec", input, live ? body : undefined, { onChunk }));
	const failing = async () => {
		throw new Error(`refused ${secret}`);
	};
	await tape.call(request("exec", "fails", live ? failing : undefined)).catch(() => {});
	return { value: delivered.value, chunks };
}

describe("redaction", () => {
	test("no spelling of a secret reaches the disk, even split over chunks, and the program gets what is on record", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store, { secrets, header: { ...header, title: `run with ${value}` } });
		const live = await program(recording, value, true);
		await recording.finish(end);
		const disk = everythingOnDisk(fixture.store.directory);
		for (const [spelling, text] of spellings) {
			expect(disk.includes(Buffer.from(text).toString("latin1")), spelling).toBe(false);
		}
		expect(disk).toMatch(/\{\{TOKEN:[0-9a-f]{8}\}\}/);
		expect((live as { chunks: string[] }).chunks.join("")).toMatch(/^before \{\{TOKEN:[0-9a-f]{8}\}\} after s3cr$/);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict", secrets });
		expect(await program(playback, value, false)).toEqual(live);
		const { divergences, rootHash } = await playback.finish();
		expect(divergences).toEqual([]);
		expect(rootHash.recomputed).toBe(rootHash.recorded);
		expect(readTrace(fixture.store, recording.runId).calls).toHaveLength(2);
	});

	test("without redaction every spelling would be on the disk", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store, {});
		await program(recording, value, true).catch(() => {});
		await recording.finish(end);
		const disk = everythingOnDisk(fixture.store.directory);
		for (const [spelling, text] of spellings) {
			expect(disk.includes(Buffer.from(text).toString("latin1")), spelling).toBe(true);
		}
	});

	test("a changed secret diverges", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store, { secrets });
		await program(recording, value, true);
		await recording.finish(end);
		const other = "another secret entirely";
		const changed = [{ name: "TOKEN", value: other }];
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict", secrets: changed });
		await expect(program(playback, other, false)).rejects.toThrow("input of exec");
	});

	test("a secret too short to find is refused with what to do", () => {
		using fixture = temporaryStore();
		expect(() => record(fixture.store, { secrets: [{ name: "PIN", value: "1234" }] })).toThrow("PIN is shorter");
	});
});
