import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

const mebibyte = 1024 * 1024;
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Tests input that comes as a stream, and output whose reader is slower than the command. */
export function streamCases(openHarness: OpenSandboxHarness): void {
	test("a conversation: each answer is asked for by the one before", async () => {
		await using room = await openRoom(openHarness);
		const answers: string[] = [];
		let heard: () => void = () => undefined;
		async function* questions(): AsyncGenerator<Uint8Array> {
			for (const question of ["one", "two", "three"]) {
				const answered = new Promise<void>((resolve) => {
					heard = resolve;
				});
				yield bytes(`${question}\n`);
				await answered;
			}
		}
		const result = await room.shell('while read -r line; do echo "heard $line"; done; echo end', {
			stdin: questions(),
			onOutput: (_, chunk) => {
				answers.push(text(chunk));
				heard();
			},
		});
		expect(answers).toEqual(["heard one\n", "heard two\n", "heard three\n", "end\n"]);
		expect(result.exitCode).toBe(0);
	});

	test("a stream is taken no faster than the command reads, and is told when nobody reads any more", async () => {
		await using room = await openRoom(openHarness);
		let given = 0;
		let told = false;
		async function* endless(): AsyncGenerator<Uint8Array> {
			try {
				for (; ; given += mebibyte) yield new Uint8Array(mebibyte);
			} finally {
				told = true;
			}
		}
		const result = await room.shell("sleep 0.5; head -c 1000 | wc -c; sleep 0.3", { stdin: endless() });
		expect(text(result.stdout).trim()).toBe("1000");
		expect(given).toBeLessThan(16 * mebibyte);
		await expect.poll(() => told).toBe(true);
	});

	test("a stream that waits for ever does not keep a command that has ended", async () => {
		await using room = await openRoom(openHarness);
		async function* silent(): AsyncGenerator<Uint8Array> {
			yield bytes("only this\n");
			await new Promise(() => undefined);
		}
		const result = await room.shell('read -r line; echo "$line"', { stdin: silent() });
		expect(text(result.stdout)).toBe("only this\n");
		expect(await room.shell("cat; sleep 30", { stdin: silent(), timeoutMs: 500 })).toMatchObject({ timedOut: true });
	});

	test("what the input stream throws ends the command and is thrown", async () => {
		await using room = await openRoom(openHarness);
		async function* broken(): AsyncGenerator<Uint8Array> {
			yield bytes("first\n");
			throw new Error("the source's own");
		}
		await expect(room.shell("cat; sleep 30", { stdin: broken() })).rejects.toThrow("the source's own");
		expect((await room.run(["true"])).exitCode).toBe(0);
	});

	test("a command waits for a slow listener, and nothing is lost", async () => {
		await using room = await openRoom(openHarness);
		let seen = 0;
		let waiting = 0;
		let overlaps = 0;
		const result = await room.shell("head -c 3000000 /dev/zero", {
			onOutput: async (_, chunk) => {
				if (waiting++ > 0) overlaps++;
				await sleep(seen === 0 ? 700 : 1);
				waiting--;
				seen += chunk.length;
			},
		});
		expect(seen).toBe(3_000_000);
		expect(result.stdout.length).toBe(3_000_000);
		expect(overlaps).toBe(0);
		expect(result.usage.wallMs).toBeGreaterThan(600);
	});

	test("a listener that never returns does not delay the deadline", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.shell("cat /dev/zero", { timeoutMs: 700, onOutput: () => new Promise(() => undefined) });
		expect(result.timedOut).toBe(true);
		expect(result.usage.wallMs).toBeLessThan(5000);
	});

	test("what a listener's promise rejects with ends the command and is thrown", async () => {
		await using room = await openRoom(openHarness);
		const running = room.shell("echo first; sleep 30", {
			onOutput: () => Promise.reject(new Error("the listener's own")),
		});
		await expect(running).rejects.toThrow("the listener's own");
	});
}
