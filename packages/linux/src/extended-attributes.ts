import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked, isSystemCallError } from "./system-call-error.ts";

/**
 * Returns the value of an extended attribute, of a symbolic link itself, or null where it has none of that name. To stay
 * beneath a directory, pass `/proc/self/fd/N/name`. Throws `SystemCallError`.
 */
export function getExtendedAttribute(path: NameBytes, attribute: NameBytes): Buffer | null {
	const library = nativeLibrary();
	const at = toZeroEnded(path);
	const named = toZeroEnded(attribute);
	try {
		return readGrowing("lgetxattr", path, (into, size) => library.lgetxattr(at, named, into, size));
	} catch (error) {
		if (isSystemCallError(error, "ENODATA")) return null;
		throw error;
	}
}

/** Sets an extended attribute, of a symbolic link itself. Throws `SystemCallError`. */
export function setExtendedAttribute(path: NameBytes, attribute: NameBytes, value: Uint8Array): void {
	const bytes = Buffer.from(value);
	const result = nativeLibrary().lsetxattr(toZeroEnded(path), toZeroEnded(attribute), bytes, bytes.length, 0);
	checked(result, "lsetxattr", path);
}

/** Takes an extended attribute away, from a symbolic link itself, where there is one of that name. Throws `SystemCallError`. */
export function removeExtendedAttribute(path: NameBytes, attribute: NameBytes): void {
	try {
		checked(nativeLibrary().lremovexattr(toZeroEnded(path), toZeroEnded(attribute)), "lremovexattr", path);
	} catch (error) {
		if (!isSystemCallError(error, "ENODATA")) throw error;
	}
}

/** Returns the names of the extended attributes, of a symbolic link itself, in the kernel's order. Throws `SystemCallError`. */
export function listExtendedAttributes(path: NameBytes): Buffer[] {
	const library = nativeLibrary();
	const at = toZeroEnded(path);
	const names = readGrowing("llistxattr", path, (into, size) => library.llistxattr(at, into, size));
	const listed: Buffer[] = [];
	for (let start = 0; start < names.length; ) {
		const end = names.indexOf(0, start);
		listed.push(names.subarray(start, end));
		start = end + 1;
	}
	return listed;
}

function readGrowing(syscall: string, path: NameBytes, read: (into: Buffer | null, size: number) => number): Buffer {
	for (;;) {
		const size = checked(read(null, 0), syscall, path);
		if (size === 0) return Buffer.alloc(0);
		const value = Buffer.alloc(size);
		try {
			return value.subarray(0, checked(read(value, size), syscall, path));
		} catch (error) {
			// It grew between the two calls: ask for the size again.
			if (!isSystemCallError(error, "ERANGE")) throw error;
		}
	}
}
