import { expect, test } from "vitest";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

/** Tests what a command is given: arguments, input, environment, directory. */
export function commandCases(openHarness: OpenSandboxHarness): void {
	test("arguments reach the program as they are, without a shell", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.run(["printf", "%s|", "a b", "$HOME", "*", "", "'\"\\", "--flag", "ü\n"]);
		expect(text(result.stdout)).toBe("a b|$HOME|*||'\"\\|--flag|ü\n|");
		expect(result).toMatchObject({ exitCode: 0, signal: null, timedOut: false, outOfMemory: false, cancelled: false });
	});

	test("standard input arrives to the byte and then ends", async () => {
		await using room = await openRoom(openHarness);
		const stdin = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
		const result = await room.run(["cat"], { stdin });
		expect(Buffer.from(result.stdout).equals(stdin)).toBe(true);
	});

	test("a command that does not read its input ends all the same", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.run(["true"], { stdin: new Uint8Array(4 * 1024 * 1024) });
		expect(result.exitCode).toBe(0);
	});

	test("empty input is at its end at once", async () => {
		await using room = await openRoom(openHarness);
		expect(text((await room.shell("cat; echo end")).stdout)).toBe("end\n");
	});

	test("the environment is the fixed one and what was asked for", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.run(["env"], { env: { GREETING: "a=b c", EMPTY: "" } });
		const seen = Object.fromEntries(
			text(result.stdout)
				.trim()
				.split("\n")
				.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
		);
		expect(seen).toMatchObject({
			HOME: "/home/retake",
			USER: "retake",
			LOGNAME: "retake",
			LANG: "C.UTF-8",
			TZ: "UTC",
			TERM: "dumb",
			PYTHONHASHSEED: "0",
			PERL_HASH_SEED: "0",
			PERL_PERTURB_KEYS: "0",
			PYTHONDONTWRITEBYTECODE: "1",
			CI: "true",
			TMPDIR: "/tmp",
			GREETING: "a=b c",
			EMPTY: "",
		});
		expect(seen["SOURCE_DATE_EPOCH"]).toMatch(/^\d+$/);
		const known =
			/^(PATH|HOME|USER|LOGNAME|LANG|TZ|TERM|PWD|TMPDIR|CI|SOURCE_DATE_EPOCH|PYTHON\w+|PERL_\w+|GREETING|EMPTY)$/;
		expect(Object.keys(seen).filter((name) => !known.test(name))).toEqual([]);
	});

	test("an environment that cannot be is misuse", async () => {
		await using room = await openRoom(openHarness);
		await expect(room.run(["true"], { env: { "A=B": "c" } })).rejects.toMatchObject({ code: "USAGE" });
		await expect(room.run(["true"], { env: { A: "b\0c" } })).rejects.toMatchObject({ code: "USAGE" });
		await expect(room.run([])).rejects.toMatchObject({ code: "USAGE" });
		await expect(room.run(["echo", "a\0b"])).rejects.toMatchObject({ code: "USAGE" });
	});

	test("the directory is under the workspace", async () => {
		await using room = await openRoom(openHarness);
		const workspace = room.workspace(room.lower({ "deep/er/file": "x" }));
		expect(text((await room.run(["pwd"], { workspace })).stdout)).toBe("/workspace\n");
		expect(text((await room.run(["pwd"], { workspace, cwd: "deep/er" })).stdout)).toBe("/workspace/deep/er\n");
		await expect(room.run(["pwd"], { workspace, cwd: "../etc" })).rejects.toMatchObject({ code: "USAGE" });
		await expect(room.run(["pwd"], { workspace, cwd: "/etc" })).rejects.toMatchObject({ code: "USAGE" });
	});

	test("user, host name and umask are always the same", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.shell(
			"id -u; id -g; id -un; hostname 2>/dev/null || cat /proc/sys/kernel/hostname; umask",
		);
		expect(text(result.stdout)).toBe("1000\n1000\nretake\nretake\n0022\n");
	});
}
