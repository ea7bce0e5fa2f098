import { constants } from "node:os";

/**
 * Tells an exit code from a death by signal: the init of a room reports signal `n` as 128 + n, as a shell does. A command that
 * itself exits with such a code is taken for one that a signal ended.
 */
export function endOfCommand(code: number): { readonly exitCode: number | null; readonly signal: string | null } {
	const [signal] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? [];
	return signal === undefined ? { exitCode: code, signal: null } : { exitCode: null, signal };
}
