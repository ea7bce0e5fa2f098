import { closeSync, constants, fchmodSync, openSync } from "node:fs";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

// ioctl_tty(2). Linux on ARM has the same numbers.
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;

/** How large a terminal's window is, in characters. */
export interface TerminalSize {
	readonly columns: number;
	readonly rows: number;
}

/** Both ends of a pseudo-terminal, as descriptors that the caller closes. */
export interface TerminalEnds {
	/** What whoever sits before the terminal reads and writes; does not block. */
	readonly controller: number;
	/** What a program is given as its standard streams. */
	readonly device: number;
	/** The device's path on this host. */
	readonly path: string;
}

/** Opens a pseudo-terminal of the given size. Throws `SystemCallError`, or what opening `/dev/ptmx` throws. */
export function openTerminal(size: TerminalSize): TerminalEnds {
	const controller = openSync("/dev/ptmx", constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
	try {
		const answer = Buffer.alloc(4);
		checked(nativeLibrary().ioctlBuffer(controller, TIOCSPTLCK, answer), "ioctl");
		checked(nativeLibrary().ioctlBuffer(controller, TIOCGPTN, answer), "ioctl");
		resizeTerminal(controller, size);
		const path = `/dev/pts/${answer.readUInt32LE()}`;
		const device = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
		fchmodSync(device, 0o600);
		return { controller, device, path };
	} catch (cause) {
		closeSync(controller);
		throw cause;
	}
}

/** Changes the size of a terminal's window; the program in its foreground gets SIGWINCH. Throws `SystemCallError`. */
export function resizeTerminal(controller: number, { columns, rows }: TerminalSize): void {
	const size = Buffer.alloc(8);
	size.writeUInt16LE(rows, 0);
	size.writeUInt16LE(columns, 2);
	checked(nativeLibrary().ioctlBuffer(controller, TIOCSWINSZ, size), "ioctl");
}
