import { nativeLibrary } from "./native-library.ts";
import { SystemCallError } from "./system-call-error.ts";

const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
// Of glibc 2.26 and musl 1.1.22.
const POSIX_SPAWN_SETSID = 0x80;

/** Larger than the C library's own structures: 80, 336 and 128 bytes in glibc for x86-64. */
const structureBytes = 1024;
const noSignal: Readonly<Buffer> = Buffer.alloc(structureBytes);
// With the two that the C library keeps for itself, which it would have ignored by whatever is not told otherwise.
const everySignal: Readonly<Buffer> = Buffer.alloc(structureBytes, 0xff);

/** A program to be started. */
export interface ProgramStart {
	/** Absolute path of the program, then its arguments. */
	readonly argv: readonly [program: string, ...rest: string[]];
	readonly env: Readonly<Record<string, string>>;
	/** Descriptors of this process that the program gets as 0, 1, 2 and so on. The caller closes its own. */
	readonly descriptors: readonly number[];
}

/**
 * Starts a program as the leader of a session of its own, with default signals, and returns its process id; `reapProgram` must be called until
 * it tells the end. Node's own `spawn` forks, which copies the tables of all memory that this process uses: 10 ms for each 100 MB.
 * What is open besides `descriptors` must be close-on-exec: `closeOnExecFrom`. Throws `SystemCallError`: `E2BIG`, `ENOENT`.
 */
export function startProgram({ argv, env, descriptors }: ProgramStart): number {
	const library = nativeLibrary();
	const actions = Buffer.alloc(structureBytes);
	const attributes = Buffer.alloc(structureBytes);
	succeed(library.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
	succeed(library.posix_spawnattr_init(attributes), "posix_spawnattr_init");
	try {
		succeed(library.posix_spawnattr_setsigmask(attributes, noSignal), "posix_spawnattr_setsigmask");
		succeed(library.posix_spawnattr_setsigdefault(attributes, everySignal), "posix_spawnattr_setsigdefault");
		const flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID;
		succeed(library.posix_spawnattr_setflags(attributes, flags), "posix_spawnattr_setflags");
		place(descriptors, actions);
		const processId = Buffer.alloc(4);
		const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
		const failure = library.posix_spawn(processId, argv[0], actions, attributes, [...argv, null], [...variables, null]);
		succeed(failure, "posix_spawn", argv[0]);
		return processId.readInt32LE();
	} finally {
		library.posix_spawn_file_actions_destroy(actions);
		library.posix_spawnattr_destroy(attributes);
	}
}

/** How a program ended: one of the two is null. */
export interface ProgramEnd {
	readonly exitCode: number | null;
	/** Number of the signal that ended it. */
	readonly signal: number | null;
}

const WNOHANG = 1;

/** Tells how a program of `startProgram` ended, once; null while it runs. Throws `SystemCallError`: `ECHILD` after it was told. */
export function reapProgram(processId: number): ProgramEnd | null {
	const library = nativeLibrary();
	const status = Buffer.alloc(4);
	const found = library.waitpid(processId, status, WNOHANG);
	if (found < 0) throw new SystemCallError(library.lastError(), "waitpid");
	if (found === 0) return null;
	const word = status.readInt32LE();
	const signal = word & 0x7f;
	return signal === 0 ? { exitCode: (word >> 8) & 0xff, signal: null } : { exitCode: null, signal };
}

/** Moves descriptors first out of the way of each other: one may have the number that another is to get. */
function place(descriptors: readonly number[], actions: Buffer): void {
	const library = nativeLibrary();
	const aside = Math.max(descriptors.length, ...descriptors.map((descriptor) => descriptor + 1));
	const move = (from: number, to: number): void =>
		succeed(library.posix_spawn_file_actions_adddup2(actions, from, to), "posix_spawn_file_actions_adddup2");
	for (const [index, descriptor] of descriptors.entries()) move(descriptor, aside + index);
	for (const index of descriptors.keys()) {
		move(aside + index, index);
		succeed(library.posix_spawn_file_actions_addclose(actions, aside + index), "posix_spawn_file_actions_addclose");
	}
}

/** These functions return an error number where others return -1. */
function succeed(failure: number, name: string, path?: string): void {
	if (failure !== 0) throw new SystemCallError(failure, name, path);
}
