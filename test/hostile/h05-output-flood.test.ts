import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

const mebibyte = 1024 ** 2;
const kept = mebibyte;

hostileRow({
	id: "H05",
	attack: "1 GB of output, one line, NULs",
	limits: { outputBytes: kept, timeoutMs: 30_000 },
	sealed: async (arena) => {
		const before = process.memoryUsage().rss;
		let peak = 0;
		const watch = setInterval(() => {
			peak = Math.max(peak, process.memoryUsage().rss - before);
		}, 20);
		const nuls = await arena.shell("head -c 1G /dev/zero; echo flooded >&2");
		clearInterval(watch);
		expect(nuls).toMatchObject({ exitCode: 0, stderr: "flooded\n", droppedBytes: { stdout: 1024 ** 3 - kept } });
		expect(nuls.stdout).toBe("\0".repeat(kept));
		expect(peak).toBeLessThan(256 * mebibyte);
		const line = await arena.shell("head -c 20M /dev/zero | tr '\\0' x >&2");
		expect(line).toMatchObject({ exitCode: 0, stderr: "x".repeat(kept), droppedBytes: { stderr: 19 * mebibyte } });
		return `cut at 1 MiB, marked, runner grew ${Math.round(peak / mebibyte)} MiB`;
	},
	control: async (ground) => {
		const nuls = await ground.shell("head -c 32M /dev/zero");
		expect(nuls.stdout.length).toBe(32 * mebibyte);
		return "a plain reader keeps all of 32 MiB";
	},
});
