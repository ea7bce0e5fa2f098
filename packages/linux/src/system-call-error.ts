import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import type { NameBytes } from "./name-bytes.ts";
import { toText } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";

/** A failed system call, in the shape that `node:fs` gives its errors: `code` ("ENOENT"), negative `errno`, `syscall`, `path`. */
export class SystemCallError extends Error {
	override readonly name = "SystemCallError";
	readonly code: string;
	readonly errno: number;
	readonly syscall: string;
	readonly path: string | undefined;

	constructor(errno: number, syscall: string, path?: NameBytes) {
		const [code, meaning] = getSystemErrorMap().get(-errno) ?? [nameOf(errno), "unknown error"];
		const where = path === undefined ? undefined : toText(path);
		super(`${code}: ${meaning}, ${syscall}${where === undefined ? "" : ` '${where}'`}`);
		this.code = code;
		this.errno = -errno;
		this.syscall = syscall;
		this.path = where;
	}
}

/** Tells whether a thrown value is a failed system call, of ours or of `node:fs`, with one of the given codes where any is named. */
export function isSystemCallError(value: unknown, ...codes: readonly string[]): value is NodeJS.ErrnoException {
	if (!(value instanceof Error) || !("syscall" in value) || !("code" in value)) return false;
	if (codes.length === 0 || codes.includes(String(value.code))) return true;
	// How `node:fs` names a number that libuv has no name for: "UNKNOWN", or "Unknown system error -122".
	return "errno" in value && /^unknown/i.test(String(value.code)) && codes.includes(nameOf(-Number(value.errno)));
}

/** Names an error number that libuv has no name for, as it has none for EDQUOT. */
function nameOf(errno: number): string {
	const known = Object.entries(constants.errno).find(([, number]) => number === errno);
	return known?.[0] ?? `E${errno}`;
}

/** Returns what a C function returned, or throws the `SystemCallError` that its -1 stands for. */
export function checked(result: number, syscall: string, path?: NameBytes): number {
	if (result < 0) throw new SystemCallError(nativeLibrary().lastError(), syscall, path);
	return result;
}
