import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Secret, startPlayback, type Tape } from "../../src/index.ts";
import { end, header, record, request, seededRandom, temporaryStore } from "../fixture.ts";

const seed = Number(process.env["RETAKE_SEED"] ?? 20_261_120);
/** `RETAKE_TAMPER=every pnpm test packages/recorder/test/record/many-secrets.test.ts` plants all of them. */
const count = process.env["RETAKE_TAMPER"] === "every" ? 500 : 60;
const alphabets = [
	"abcdefghijklmnopqrstuvwxyz0123456789",
	"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789+/=",
	"!#$%&()*+,-./:;<=>?@[]^_{|}~ \"'\\äöüß€",
	"0123456789abcdef",
];

/** Secrets as they come: keys, passwords with odd characters, hexadecimal, of 8 to 72 characters. */
function plantedSecrets(): readonly Secret[] {
	const next = seededRandom(seed);
	return Array.from({ length: count }, (_, index) => {
		const alphabet = alphabets[index % alphabets.length] ?? "";
		const letters = Array.from({ length: 8 + Math.floor(next() * 64) }, () =>
			alphabet.charAt(Math.floor(next() * alphabet.length)),
		);
		return { name: `SECRET_${index}`, value: letters.join("") };
	});
}

function spellings(value: string): readonly string[] {
	const hex = Buffer.from(value).toString("hex");
	return [value, Buffer.from(value).toString("base64"), encodeURIComponent(value), hex, hex.toUpperCase()];
}

/** Puts every secret, in each spelling, into inputs, results, errors, chunks parted anywhere, keys and large contents. */
async function program(tape: Tape, secrets: readonly Secret[], live: boolean): Promise<void> {
	const next = seededRandom(seed + 1);
	for (const [index, { value }] of secrets.entries()) {
		const [raw = "", base64 = "", url = "", hex = ""] = spellings(value);
		const body = async ({ chunk }: { chunk: (stream: string, bytes: Uint8Array) => void }) => {
			const output = Buffer.from(`GET /?token=${url} HTTP/1.1\r\nAuthorization: Basic ${base64}\r\n\r\n${raw}${hex}`);
			for (let at = 0; at < output.length; ) {
				const length = 1 + Math.floor(next() * 7);
				chunk("stdout", output.subarray(at, at + length));
				at += length;
			}
			// Every tenth is large enough to lie in the blob store, and does not compress away what stands in it.
			const filling = index % 10 === 0 ? Array.from({ length: 9000 }, () => next().toString(36)).join("") : "";
			if (index % 7 === 0) throw new Error(`refused: ${raw}`);
			return { [raw]: [url, hex], bytes: new Uint8Array(Buffer.from(`${filling}${raw}${filling}`)) };
		};
		const input = { argv: ["curl", `https://user:${raw}@example.org/${url}`], base64 };
		await tape.call(request("exec", input, live ? body : undefined, { onChunk: () => {} })).catch(() => {});
	}
}

function everythingOnDisk(directory: string): Buffer {
	const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	return Buffer.concat(files.map((file) => readFileSync(join(file.parentPath, file.name))));
}

function hits(directory: string, secrets: readonly Secret[]): number {
	const disk = everythingOnDisk(directory);
	return secrets.filter(({ value }) => spellings(value).some((text) => disk.includes(Buffer.from(text)))).length;
}

test(`${count} secrets in five spellings: none is in the database, its log or its free pages (seed ${seed})`, {
	timeout: 600_000,
}, async () => {
	const secrets = plantedSecrets();
	using fixture = temporaryStore();
	const recording = record(fixture.store, { secrets, header: { ...header, title: `with ${secrets[0]?.value}` } });
	await program(recording, secrets, true);
	await recording.finish(end);
	expect(hits(fixture.store.directory, secrets)).toBe(0);
	// With the log copied into the file, and with pages set free.
	const second = record(fixture.store, { secrets });
	await program(second, secrets.slice(0, 20), true);
	await second.finish(end);
	fixture.store.runs.remove(second.runId);
	fixture.store.collectGarbage({ dryRun: false, graceMs: 0 });
	expect(hits(fixture.store.directory, secrets)).toBe(0);
	const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict", secrets });
	await program(playback, secrets, false);
	expect((await playback.finish()).divergences).toEqual([]);
	fixture.store[Symbol.dispose]();
	expect(hits(fixture.store.directory, secrets)).toBe(0);
});

test("the control: recorded without redaction, all of them are", async () => {
	const secrets = plantedSecrets();
	using fixture = temporaryStore();
	const recording = record(fixture.store, {});
	await program(recording, secrets, true);
	await recording.finish(end);
	expect(hits(fixture.store.directory, secrets)).toBe(count);
});
