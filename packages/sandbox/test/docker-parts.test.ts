import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { endOfCommand } from "../src/docker/end-of-command.ts";
import { launcher, launchLine } from "../src/docker/launch-line.ts";
import { assertFits, layersMax } from "../src/docker/overlay-options.ts";
import { packTree } from "../src/docker/pack-tree.ts";
import { currentRunner, formatRunner, isRunnerDead } from "../src/docker/runner-identity.ts";
import { createFrameSplitter } from "../src/docker/split-frames.ts";

describe("the daemon's multiplexed stream", () => {
	test("is taken apart to the byte wherever it is cut", () => {
		const frame = (stream: number, contents: string): Buffer => {
			const header = Buffer.alloc(8);
			header[0] = stream;
			header.writeUInt32BE(Buffer.byteLength(contents), 4);
			return Buffer.concat([header, Buffer.from(contents)]);
		};
		const whole = Buffer.concat([frame(1, "out"), frame(2, "err\0\n"), frame(1, ""), frame(1, "more")]);
		for (let cut = 1; cut <= whole.length; cut++) {
			const seen = { stdout: "", stderr: "" };
			const split = createFrameSplitter((stream, bytes) => {
				seen[stream] += Buffer.from(bytes).toString();
			});
			for (let at = 0; at < whole.length; at += cut) split(whole.subarray(at, at + cut));
			expect(seen).toEqual({ stdout: "outmore", stderr: "err\0\n" });
		}
	});
});

describe("the launcher", () => {
	test("becomes the command with its very arguments, and leaves it its input", () => {
		const nasty = ["a b", "", "'", '"$HOME`id`"', "\\", "two\nlines\n", "*", "--", "é"];
		const line = launchLine(["printf", "%s\\0", ...nasty], "/", { PATH: "/usr/bin:/bin", "odd name": "x'y" });
		const [shell = "", ...rest] = launcher;
		const printed = execFileSync(shell, rest, { input: line }).toString();
		expect(printed.split("\0").slice(0, -1)).toEqual(nasty);
		const cat = launchLine(["cat"], "/", { PATH: "/usr/bin:/bin" });
		expect(execFileSync(shell, rest, { input: `${cat}the input\n` }).toString()).toBe("the input\n");
	});

	test("refuses a program that would be taken for a variable", () => {
		expect(() => launchLine(["a=b"], "/", {})).toThrow(expect.objectContaining({ code: "USAGE" }));
	});
});

describe("a tree that is packed", () => {
	test("is not waited for when whoever took its bytes is gone", async () => {
		const directory = mkdtempSync(join(tmpdir(), "rtp"));
		try {
			writeFileSync(join(directory, "large"), randomBytes(4 * 1024 ** 2));
			const { bytes, done } = packTree(directory, ".", { uid: 1000, gid: 1000 });
			bytes.once("data", () => bytes.destroy());
			await expect(done).rejects.toMatchObject({ code: "SANDBOX_FAILED" });
		} finally {
			rmSync(directory, { recursive: true });
		}
	});
});

describe("the options of an overlay", () => {
	test("fit into a page for as many layers as are promised, and one too long is refused", () => {
		const options = (layers: number): string =>
			`userxattr,lowerdir=${Array(layers).fill("/proc/self/fd/65535").join(":")},upperdir=/proc/self/fd/65535,workdir=/proc/self/fd/65535`;
		const snapshotLayers = 4;
		expect(() => assertFits(options(layersMax + snapshotLayers), layersMax)).not.toThrow();
		expect(() => assertFits(options(2 * layersMax), 2 * layersMax)).toThrow(
			expect.objectContaining({ code: "LIMIT_EXCEEDED" }),
		);
	});
});

describe("a runner's label", () => {
	test("tells the living, the dead, a later process of the same number and one of another boot or namespace apart", () => {
		const own = currentRunner();
		expect(isRunnerDead(formatRunner(own))).toBe(false);
		expect(isRunnerDead(formatRunner({ ...own, pid: 2 ** 22 + 1 }))).toBe(true);
		expect(isRunnerDead(formatRunner({ ...own, startTicks: "1" }))).toBe(true);
		expect(isRunnerDead(formatRunner({ ...own, boot: "earlier" }))).toBe(true);
		expect(isRunnerDead(formatRunner({ ...own, namespace: "pid:[1]", startTicks: "1" }))).toBe(false);
		expect(isRunnerDead("not a label")).toBe(false);
	});
});

test("codes above 128 that name a signal are deaths by it", () => {
	expect(endOfCommand(137)).toEqual({ exitCode: null, signal: "SIGKILL" });
	expect(endOfCommand(128)).toEqual({ exitCode: 128, signal: null });
	expect(endOfCommand(255)).toEqual({ exitCode: 255, signal: null });
});
