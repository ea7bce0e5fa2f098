import { closeSync, openSync, writeSync } from "node:fs";

/** The formats of which a transcript can be written. */
export type WrittenFormat = "claude-code" | "codex";

/** Writes a transcript of at least so many bytes: prompts, answers, and calls of tools whose output is now a line and now half a megabyte. */
export function writeTranscript(file: string, format: WrittenFormat, bytes: number): void {
	const descriptor = openSync(file, "wx");
	try {
		let written = 0;
		for (let turn = 0; written < bytes; turn++) {
			const lines = format === "claude-code" ? claudeCodeTurn(turn) : codexTurn(turn);
			written += writeSync(descriptor, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
		}
	} finally {
		closeSync(descriptor);
	}
}

function outputOf(turn: number): string {
	const lines = turn % 50 === 49 ? 8_000 : turn % 5 === 4 ? 200 : 10;
	return Array.from(
		{ length: lines },
		(_, line) => `${turn}:${line} ok - a line that a test runner prints, with a word`,
	).join("\n");
}

function momentOf(turn: number, second: number): string {
	return new Date(Date.UTC(2026, 0, 1) + turn * 60_000 + second * 1_000).toISOString();
}

function claudeCodeTurn(turn: number): readonly object[] {
	const about = { sessionId: "bench", version: "2.1.12", cwd: "/home/me/slug" };
	const usage = { input_tokens: 12_000 + turn, output_tokens: 300, cache_read_input_tokens: 9_000 };
	const call = {
		type: "tool_use",
		id: `toolu_${turn}`,
		name: "Bash",
		input: { command: `npm test -- --only ${turn}` },
	};
	const said = { type: "text", text: `I look at what test ${turn} says. `.repeat(8) };
	const message = { id: `msg_${turn}`, role: "assistant", model: "a-model", usage, content: [said, call] };
	const result = { type: "tool_result", tool_use_id: `toolu_${turn}`, content: outputOf(turn) };
	return [
		{ ...about, type: "assistant", uuid: `a${turn}`, timestamp: momentOf(turn, 1), message },
		{
			...about,
			type: "user",
			uuid: `u${turn}`,
			timestamp: momentOf(turn, 9),
			message: { role: "user", content: [result] },
		},
	];
}

function codexTurn(turn: number): readonly object[] {
	const item = (second: number, payload: object): object => ({
		timestamp: momentOf(turn, second),
		type: "response_item",
		payload,
	});
	const text = `I look at what test ${turn} says. `.repeat(8);
	const call = {
		name: "shell",
		arguments: JSON.stringify({ command: ["npm", "test", String(turn)] }),
		call_id: `call_${turn}`,
	};
	const first = {
		id: "0199b1b5-aaaa-7bbb-8ccc-dddddddddddd",
		cwd: "/home/me/slug",
		cli_version: "0.65.0",
		source: "cli",
	};
	return [
		...(turn === 0 ? [{ timestamp: momentOf(0, 0), type: "session_meta", payload: first }] : []),
		item(1, { type: "message", role: "assistant", content: [{ type: "output_text", text }] }),
		item(2, { type: "function_call", ...call }),
		item(9, { type: "function_call_output", call_id: `call_${turn}`, output: outputOf(turn) }),
	];
}
