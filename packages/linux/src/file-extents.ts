import { nativeLibrary } from "./native-library.ts";
import { checked, isSystemCallError } from "./system-call-error.ts";

/** A stretch of a file that holds data, bytes. */
export interface FileExtent {
	readonly offset: number;
	readonly length: number;
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/**
 * Returns where an open file of `size` bytes holds data, in ascending order, or null where it has no hole. A file system that
 * knows no holes says that all is data. Moves the descriptor's position: read by positions of your own. Throws `SystemCallError`.
 */
export function fileExtents(descriptor: number, size: number): readonly FileExtent[] | null {
	const library = nativeLibrary();
	if (size === 0) return null;
	const extents: FileExtent[] = [];
	for (let position = 0; position < size; ) {
		let offset: number;
		try {
			offset = checked(library.lseek(descriptor, position, SEEK_DATA), "lseek");
		} catch (error) {
			// Nothing but a hole up to the end.
			if (isSystemCallError(error, "ENXIO")) break;
			throw error;
		}
		if (offset >= size) break;
		const end = Math.min(checked(library.lseek(descriptor, offset, SEEK_HOLE), "lseek"), size);
		extents.push({ offset, length: end - offset });
		position = end;
	}
	return extents[0]?.offset === 0 && extents[0].length === size ? null : extents;
}
