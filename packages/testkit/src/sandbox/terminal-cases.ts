import type { CommandControls } from "@retake/sandbox";
import { expect, test } from "vitest";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, type SandboxRoom, text } from "./sandbox-room.ts";

/** A command at a terminal, as somebody who sits before it sees it. */
interface Sitting {
	/** Types once the screen shows something that it did not show before; waits for it. */
	typeAfter(shown: string, typed: string): Promise<void>;
	controls(): CommandControls;
	readonly result: ReturnType<SandboxRoom["run"]>;
}

function sit(room: SandboxRoom, argv: readonly string[]): Sitting {
	let screen = "";
	let look: () => void = () => undefined;
	let controls: CommandControls | null = null;
	const typed: string[] = [];
	let typing: () => void = () => undefined;
	async function* keyboard(): AsyncGenerator<Uint8Array> {
		for (;;) {
			while (typed.length === 0) {
				await new Promise<void>((resolve) => {
					typing = resolve;
				});
			}
			yield new TextEncoder().encode(typed.shift());
		}
	}
	const result = room.run(argv, {
		terminal: { columns: 90, rows: 30 },
		timeoutMs: 20_000,
		stdin: keyboard(),
		onStart: (given) => {
			controls = given;
		},
		onOutput: (_, chunk) => {
			screen += text(chunk);
			look();
		},
	});
	return {
		result,
		controls: () => controls ?? expect.fail("the command has not started"),
		typeAfter: async (shown, keys) => {
			await new Promise<void>((resolve, reject) => {
				look = () => {
					if (screen.includes(shown)) resolve();
				};
				look();
				result.then(() => reject(new Error(`ended before it showed ${shown}: ${screen}`)), reject);
			});
			screen = "";
			typed.push(keys);
			typing();
		},
	};
}

/** Tests commands at a terminal of their own. */
export function terminalCases(openHarness: OpenSandboxHarness): void {
	test("a command at a terminal has one on all three streams, with the size given", async () => {
		await using room = await openRoom(openHarness);
		const script =
			'for each in 0 1 2; do [ -t $each ] && echo "$each is one"; done; stty size; echo err >&2; echo $TERM';
		const result = await room.shell(script, { terminal: { columns: 91, rows: 31 } });
		expect(text(result.stdout)).toBe("0 is one\r\n1 is one\r\n2 is one\r\n31 91\r\nerr\r\nxterm-256color\r\n");
		expect([...result.stderr]).toEqual([]);
		expect(result.exitCode).toBe(0);
	});

	test("without one there is none", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.shell(
			"for each in 0 1 2; do [ -t $each ] && echo $each; done; (: < /dev/tty) || echo none",
		);
		expect(text(result.stdout)).toBe("none\n");
	});

	test("what is typed arrives, and Control-D, Control-C and job control do what they do", async () => {
		await using room = await openRoom(openHarness);
		const script =
			'trap "echo interrupted; stop=1" INT; echo ready; read -r line; echo "got $line"; while [ -z "$stop" ]; do sleep 0.05; done; echo after; cat; echo end';
		const sitting = sit(room, ["sh", "-c", script]);
		await sitting.typeAfter("ready", "hello\r");
		await sitting.typeAfter("got hello", "\x03");
		await sitting.typeAfter("after", "line\r\x04");
		const result = await sitting.result;
		expect(text(result.stdout)).toMatch(/interrupted\r\nafter\r\n[^]*line\r\nline\r\nend\r\n$/);
		expect(result.exitCode).toBe(0);
	});

	test("a window that is resized says so", async () => {
		await using room = await openRoom(openHarness);
		const sitting = sit(room, [
			"sh",
			"-c",
			'trap "stty size" WINCH; echo ready; while read -r line; do echo "$line"; [ "$line" = go ] && break; done; stty size',
		]);
		await sitting.typeAfter("ready", "one\r");
		await sitting.typeAfter("one", "");
		sitting.controls().resize({ columns: 123, rows: 45 });
		await sitting.typeAfter("", "go\r");
		expect(text((await sitting.result).stdout)).toContain("45 123");
	});

	test("every key arrives when it is typed, those that other programs keep for themselves too", async () => {
		await using room = await openRoom(openHarness);
		const script = "stty raw -echo; echo ready; for each in 1 2 3; do head -c 1 | od -An -tx1; done";
		const sitting = sit(room, ["sh", "-c", script]);
		await sitting.typeAfter("ready", "\x10");
		await sitting.typeAfter("10", "\x11");
		await sitting.typeAfter("11", "\x1d");
		expect(text((await sitting.result).stdout)).toContain("1d");
	});

	test("a terminal's command that does not read can be typed at, and dies by its deadline", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.shell("stty raw -echo; sleep 30", {
			terminal: { columns: 80, rows: 24 },
			stdin: new Uint8Array(1024 * 1024).fill(0x61),
			timeoutMs: 1000,
		});
		expect(result.timedOut).toBe(true);
		expect(result.usage.wallMs).toBeLessThan(10_000);
	});

	test("a program that is not there is the candidate's failure at a terminal too", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.run(["no-such-program"], { terminal: { columns: 80, rows: 24 } });
		expect(result).toMatchObject({ exitCode: 127, signal: null });
		expect(text(result.stdout)).toContain("no-such-program");
	});

	test("keys cannot be put into the terminal from inside", async () => {
		await using room = await openRoom(openHarness);
		const program = 'ioctl(STDIN, 0x5412, my $key = "x") and print "typed" or print "refused: $!\\n"';
		const result = await room.shell(`command -v perl >/dev/null || { echo refused; exit; }; perl -e '${program}'`, {
			terminal: { columns: 80, rows: 24 },
		});
		expect(text(result.stdout)).toContain("refused");
	});
}
