import { cloneFile, isSystemCallError } from "@retake/linux";

/** Makes one open file share all blocks of another; returns false where the file systems cannot. Throws `SystemCallError`. */
export function tryCloneFile(source: number, target: number): boolean {
	try {
		cloneFile(source, target);
		return true;
	} catch (error) {
		if (isUncloneable(error)) return false;
		throw error;
	}
}

/** Tells whether a failed clone means that these file systems cannot share blocks. */
export function isUncloneable(error: unknown): boolean {
	return isSystemCallError(error, "EOPNOTSUPP", "ENOTSUP", "ENOTTY", "EINVAL", "EXDEV");
}
