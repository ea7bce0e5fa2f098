import { constants } from "node:fs";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/** On every architecture of `callNumbers`. */
const O_CLOEXEC = 0o2000000;
const F_SETFL = 4;

/** Both ends of a pipe, as descriptors that the caller closes. */
export interface PipeEnds {
	readonly read: number;
	readonly write: number;
}

/** Opens a pipe, close-on-exec, of which `ours` does not block. Throws `SystemCallError`: `EMFILE`. */
export function openPipe(ours: keyof PipeEnds): PipeEnds {
	const library = nativeLibrary();
	const ends = Buffer.alloc(8);
	checked(library.pipe2(ends, O_CLOEXEC), "pipe2");
	const pipe = { read: ends.readInt32LE(0), write: ends.readInt32LE(4) };
	// The flags of a fresh end are its access mode alone.
	const access = ours === "read" ? constants.O_RDONLY : constants.O_WRONLY;
	checked(library.fcntl(pipe[ours], F_SETFL, access | constants.O_NONBLOCK), "fcntl");
	return pipe;
}
