import type { NameBytes } from "@retake/linux";

/** Gives the path by which the kernel finds a name in an open directory, for those calls that take no descriptor and name. */
export function placePath(directory: number, name: NameBytes): Uint8Array {
	return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), Buffer.from(name)]);
}
