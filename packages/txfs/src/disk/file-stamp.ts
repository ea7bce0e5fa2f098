/** What the kernel said of a file when its content was known: equal again, the file is taken to be unchanged. */
export interface FileStamp {
	readonly size: number;
	readonly mtimeNs: bigint;
	readonly ctimeNs: bigint;
	readonly ino: bigint;
}

/** Takes from a status what tells that a file is unchanged. */
export function stampOf({ size, mtimeNs, ctimeNs, ino }: FileStamp): FileStamp {
	return { size, mtimeNs, ctimeNs, ino };
}

/** Tells whether two stamps are equal. */
export function isSameStamp(left: FileStamp, right: FileStamp): boolean {
	return (
		left.size === right.size &&
		left.mtimeNs === right.mtimeNs &&
		left.ctimeNs === right.ctimeNs &&
		left.ino === right.ino
	);
}
