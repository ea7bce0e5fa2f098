import { spawnSync } from "node:child_process";
import { deflateSync, inflateSync } from "node:zlib";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const mebibyte = 1024 ** 2;

/** A binary patch whose few kilobytes unpack to so many bytes, whatever it declares. */
function bombPatch(bytes: number, declared: number): string {
	const packed = deflateSync(Buffer.alloc(bytes));
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
	const encode = (word: number): string =>
		Array.from({ length: 5 }, (_, index) => alphabet[Math.floor(word / 85 ** (4 - index)) % 85]).join("");
	const lines: string[] = [];
	for (let start = 0; start < packed.length; start += 52) {
		const part = packed.subarray(start, start + 52);
		const padded = Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
		const length = String.fromCharCode(part.length <= 26 ? 64 + part.length : 70 + part.length);
		const words = Array.from({ length: padded.length / 4 }, (_, index) => encode(padded.readUInt32BE(index * 4)));
		lines.push(length + words.join(""));
	}
	return `diff --git a/bomb b/bomb\nnew file mode 100644\nindex ${"0".repeat(40)}..${"1".repeat(40)}\nGIT binary patch\nliteral ${declared}\n${lines.join("\n")}\n\nliteral 0\nHcmV?d00001\n\n`;
}

hostileRow({
	id: "H30",
	attack: "a compression bomb, a patch of a million hunks, a pathological expression",
	limits: { timeoutMs: 20_000 },
	sealed: async (arena) => {
		await arena.shell("head -c 60000 /dev/zero | tr '\\0' a > aaa.txt; echo '!' >> aaa.txt");
		const timed = async (work: () => Promise<unknown>): Promise<number> => {
			const startedAt = performance.now();
			await work();
			return performance.now() - startedAt;
		};
		const before = process.memoryUsage().rss;
		const size = 300 * mebibyte;
		const bombMs = await timed(async () => {
			for (const declared of [size, 10]) {
				const patch = bombPatch(size, declared);
				await expect(arena.session.call("apply_patch", { patch })).rejects.toMatchObject({
					code: declared === size ? "LIMIT_EXCEEDED" : expect.stringMatching(/^(LIMIT_EXCEEDED|PATCH_INVALID)$/),
				});
			}
		});
		const hunks = `--- a/README.md\n+++ b/README.md\n${"@@ -1 +1 @@\n-a\n+b\n".repeat(1_000_000)}`;
		const hunksMs = await timed(() =>
			expect(arena.session.call("apply_patch", { patch: hunks })).rejects.toMatchObject({
				code: expect.stringMatching(/LIMIT_EXCEEDED|PATCH_INVALID/),
			}),
		);
		const searchMs = await timed(() => arena.session.call("search_files", { pattern: "^(a+)+$", regex: true }));
		for (const spent of [bombMs, hunksMs, searchMs]) expect(spent).toBeLessThan(10_000);
		expect(process.memoryUsage().rss - before).toBeLessThan(512 * mebibyte);
		return `refused in ${Math.round(bombMs)} and ${Math.round(hunksMs)} ms; searched in ${Math.round(searchMs)} ms`;
	},
	control: async () => {
		const backtracks = `/^(a+)+$/.test("a".repeat(40) + "!")`;
		const ended = spawnSync(process.execPath, ["-e", backtracks], { timeout: 1500, killSignal: "SIGKILL" });
		expect(ended.signal).toBe("SIGKILL");
		const packed = deflateSync(Buffer.alloc(32 * mebibyte));
		expect(inflateSync(packed).length / packed.length).toBeGreaterThan(500);
		return "backtracking is still at 40 letters after 1.5 s; zlib unpacks 1000 to 1";
	},
});
