import { RetakeError } from "@retake/base";
import type { ExecRequest } from "./sandbox.ts";

/** Checks what no kernel takes. Throws `USAGE` that says what to give instead. */
export function checkRequest(request: ExecRequest): void {
	const [program] = request.argv;
	if (program === undefined || program === "") throw misuse("argv names no program", "give at least argv[0]");
	for (const argument of request.argv) {
		if (argument.includes("\0")) throw misuse("an argument contains a NUL", "pass it on standard input");
	}
	for (const [name, value] of Object.entries(request.env)) {
		if (!/^[^=\0]+$/.test(name))
			throw misuse(`not a variable's name: ${JSON.stringify(name)}`, 'use no "=" and no NUL');
		if (value.includes("\0")) throw misuse(`the variable ${name} contains a NUL`, "pass it on standard input");
	}
	const components = request.cwd.split("/");
	if (request.cwd.startsWith("/") || components.includes("..") || request.cwd.includes("\0")) {
		throw misuse(
			`not a directory of the workspace: ${JSON.stringify(request.cwd)}`,
			'give a path relative to /workspace, without ".."',
		);
	}
	for (const count of Object.values(request.terminal ?? {})) {
		if (!(Number.isInteger(count) && count > 0 && count < 2 ** 16)) {
			throw misuse(`not the size of a terminal: ${count}`, "give columns and rows from 1 to 65535");
		}
	}
	const timeoutMs = request.timeoutMs ?? 1;
	if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) throw misuse(`not a time limit: ${timeoutMs} ms`, "give 1 to 2^31 - 1");
}

function misuse(message: string, remedy: string): RetakeError {
	return new RetakeError("USAGE", message, { sort: "misuse", remedy });
}
