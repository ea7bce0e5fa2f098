import { createRequire } from "node:module";
import { RetakeError } from "@retake/base";
import type * as Koffi from "koffi";

/** The C functions that Node does not offer, as they are called: pointers are buffers, a failure is -1. */
export interface NativeLibrary {
	openat2(directory: number, path: Buffer, how: Buffer, howSize: number): number;
	renameat2(oldDirectory: number, oldPath: Buffer, newDirectory: number, newPath: Buffer, flags: number): number;
	renameat(oldDirectory: number, oldPath: Buffer, newDirectory: number, newPath: Buffer): number;
	unlinkat(directory: number, path: Buffer, flags: number): number;
	mkdirat(directory: number, path: Buffer, mode: number): number;
	symlinkat(target: Buffer, directory: number, path: Buffer): number;
	linkat(oldDirectory: number, oldPath: Buffer, newDirectory: number, newPath: Buffer, flags: number): number;
	mknodat(directory: number, path: Buffer, mode: number, device: number): number;
	readlinkat(directory: number, path: Buffer, into: Buffer, size: number): number;
	fchmodat(directory: number, path: Buffer, mode: number, flags: number): number;
	fchownat(directory: number, path: Buffer, uid: number, gid: number, flags: number): number;
	utimensat(directory: number, path: Buffer, times: Buffer, flags: number): number;
	lseek(descriptor: number, offset: number, whence: number): number;
	statx(directory: number, path: Buffer, flags: number, mask: number, into: Buffer): number;
	syncfs(descriptor: number): number;
	close_range(first: number, last: number, flags: number): number;
	flock(descriptor: number, operation: number): number;
	ioctl(descriptor: number, request: number, argument: number): number;
	ioctlBuffer(descriptor: number, request: number, argument: Buffer): number;
	setns(descriptor: number, kind: number): number;
	unshare(kinds: number): number;
	prlimit(processId: number, resource: number, wanted: Buffer, had: Buffer | null): number;
	lgetxattr(path: Buffer, name: Buffer, into: Buffer | null, size: number): number;
	lsetxattr(path: Buffer, name: Buffer, value: Buffer, size: number, flags: number): number;
	llistxattr(path: Buffer, into: Buffer | null, size: number): number;
	lremovexattr(path: Buffer, name: Buffer): number;
	mount(source: Buffer, target: Buffer, type: Buffer, flags: number, options: Buffer): number;
	umount2(target: Buffer, flags: number): number;
	pipe2(into: Buffer, flags: number): number;
	fcntl(descriptor: number, command: number, argument: number): number;
	waitpid(processId: number, status: Buffer, options: number): number;
	/** Those that begin with `posix_spawn` return an error number. */
	posix_spawn(
		processId: Buffer,
		path: string,
		actions: Buffer,
		attributes: Buffer,
		argv: readonly (string | null)[],
		env: readonly (string | null)[],
	): number;
	posix_spawn_file_actions_init(actions: Buffer): number;
	posix_spawn_file_actions_destroy(actions: Buffer): number;
	posix_spawn_file_actions_adddup2(actions: Buffer, from: number, to: number): number;
	posix_spawn_file_actions_addclose(actions: Buffer, descriptor: number): number;
	posix_spawnattr_init(attributes: Buffer): number;
	posix_spawnattr_destroy(attributes: Buffer): number;
	posix_spawnattr_setflags(attributes: Buffer, flags: number): number;
	posix_spawnattr_setsigdefault(attributes: Buffer, signals: Readonly<Buffer>): number;
	posix_spawnattr_setsigmask(attributes: Buffer, signals: Readonly<Buffer>): number;
	/**
	 * Where `statx` puts its answer, 256 bytes, good until the next call: a million calls each with memory of its own keep the collector
	 * busy, which lets the process grow meanwhile.
	 */
	readonly statxAnswer: Buffer;
	/** The `errno` that the last failed call on this thread left. */
	lastError(): number;
}

/** Tells whether this process runs on a Linux that this package can call into: x86-64 or 64-bit ARM. */
export function isLinux(): boolean {
	return process.platform === "linux" && Object.hasOwn(callNumbers, process.arch);
}

/**
 * Returns the C library's functions, loaded by the first caller: importing this package on another system must not fail.
 * Throws `USAGE` where there is no Linux to call.
 */
export const nativeLibrary: () => NativeLibrary = onceLoaded(loadNativeLibrary);

// Called by number: musl has no wrapper for the first, old C libraries none for the second.
const callNumbers: Readonly<Record<string, { openat2: number; renameat2: number; close_range: number }>> = {
	x64: { openat2: 437, renameat2: 316, close_range: 436 },
	arm64: { openat2: 437, renameat2: 276, close_range: 436 },
};

function loadNativeLibrary(): NativeLibrary {
	const numbers = callNumbers[process.arch];
	if (process.platform !== "linux" || numbers === undefined) {
		throw new RetakeError("USAGE", `this needs Linux on x64 or arm64; here is ${process.platform} on ${process.arch}`, {
			sort: "misuse",
			remedy: "ask isLinux() first, or use the memory or copy backend and the docker sandbox on this system",
		});
	}
	const koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
	// A null name loads what the process itself is linked against: glibc or musl, whatever its file is called.
	const library = koffi.load(null);
	const openat2 = library.func("syscall", "long", ["long", "int", "void *", "void *", "size_t"]);
	const renameat2 = library.func("syscall", "long", ["long", "int", "void *", "int", "void *", "uint"]);
	const closeRange = library.func("syscall", "long", ["long", "uint", "uint", "int"]);
	return {
		close_range: (...args) => closeRange(numbers.close_range, ...args),
		openat2: (...args) => openat2(numbers.openat2, ...args),
		renameat2: (...args) => renameat2(numbers.renameat2, ...args),
		renameat: library.func("renameat", "int", ["int", "void *", "int", "void *"]),
		unlinkat: library.func("unlinkat", "int", ["int", "void *", "int"]),
		mkdirat: library.func("mkdirat", "int", ["int", "void *", "uint"]),
		symlinkat: library.func("symlinkat", "int", ["void *", "int", "void *"]),
		linkat: library.func("linkat", "int", ["int", "void *", "int", "void *", "int"]),
		mknodat: library.func("mknodat", "int", ["int", "void *", "uint", "uint64_t"]),
		readlinkat: library.func("readlinkat", "long", ["int", "void *", "void *", "size_t"]),
		fchmodat: library.func("fchmodat", "int", ["int", "void *", "uint", "int"]),
		fchownat: library.func("fchownat", "int", ["int", "void *", "uint", "uint", "int"]),
		utimensat: library.func("utimensat", "int", ["int", "void *", "void *", "int"]),
		lseek: library.func("lseek", "int64", ["int", "int64", "int"]),
		statx: library.func("statx", "int", ["int", "void *", "int", "uint", "void *"]),
		syncfs: library.func("syncfs", "int", ["int"]),
		flock: library.func("flock", "int", ["int", "int"]),
		ioctl: library.func("ioctl", "int", ["int", "ulong", "long"]),
		ioctlBuffer: library.func("ioctl", "int", ["int", "ulong", "void *"]),
		unshare: library.func("unshare", "int", ["int"]),
		prlimit: library.func("prlimit", "int", ["int", "int", "void *", "void *"]),
		setns: library.func("setns", "int", ["int", "int"]),
		lgetxattr: library.func("lgetxattr", "long", ["void *", "void *", "void *", "size_t"]),
		lsetxattr: library.func("lsetxattr", "int", ["void *", "void *", "void *", "size_t", "int"]),
		llistxattr: library.func("llistxattr", "long", ["void *", "void *", "size_t"]),
		lremovexattr: library.func("lremovexattr", "int", ["void *", "void *"]),
		mount: library.func("mount", "int", ["void *", "void *", "void *", "ulong", "void *"]),
		umount2: library.func("umount2", "int", ["void *", "int"]),
		pipe2: library.func("pipe2", "int", ["void *", "int"]),
		fcntl: library.func("fcntl", "int", ["int", "int", "int"]),
		waitpid: library.func("waitpid", "int", ["int", "void *", "int"]),
		posix_spawn: library.func("posix_spawn", "int", [
			...["void *", "const char *", "void *", "void *", "const char **", "const char **"],
		]),
		posix_spawn_file_actions_init: library.func("posix_spawn_file_actions_init", "int", ["void *"]),
		posix_spawn_file_actions_destroy: library.func("posix_spawn_file_actions_destroy", "int", ["void *"]),
		posix_spawn_file_actions_adddup2: library.func("posix_spawn_file_actions_adddup2", "int", ["void *", "int", "int"]),
		posix_spawn_file_actions_addclose: library.func("posix_spawn_file_actions_addclose", "int", ["void *", "int"]),
		posix_spawnattr_init: library.func("posix_spawnattr_init", "int", ["void *"]),
		posix_spawnattr_destroy: library.func("posix_spawnattr_destroy", "int", ["void *"]),
		posix_spawnattr_setflags: library.func("posix_spawnattr_setflags", "int", ["void *", "short"]),
		posix_spawnattr_setsigdefault: library.func("posix_spawnattr_setsigdefault", "int", ["void *", "void *"]),
		posix_spawnattr_setsigmask: library.func("posix_spawnattr_setsigmask", "int", ["void *", "void *"]),
		statxAnswer: Buffer.alloc(256),
		lastError: () => koffi.errno(),
	};
}

function onceLoaded<Value>(load: () => Value): () => Value {
	let loaded: Value | undefined;
	return () => (loaded ??= load());
}
