import { closeSync, fchownSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { ReadStream } from "node:tty";
import { openTerminal, resizeTerminal } from "@retake/linux";
import type { TerminalSize } from "../sandbox.ts";
import type { CommandStreams } from "./pipe-slots.ts";

/** How long to wait before typing again where a command does not read what was typed. */
const retryMs = 5;

/** Opens a pseudo-terminal as the standard streams of one command; it belongs to the user that the command runs as. */
export function openTerminalStreams(
	size: TerminalSize,
	owner: { readonly uid: number; readonly gid: number } | null,
): CommandStreams {
	const { controller, device } = openTerminal(size);
	if (owner !== null) fchownSync(device, owner.uid, owner.gid);
	const stdout = new ReadStream(controller);
	// The kernel's word for "nobody has the terminal open any more".
	const destroy = stdout.destroy.bind(stdout);
	stdout.destroy = (error) => {
		if (!isHungUp(error)) return destroy(error);
		stdout.push(null);
		return stdout;
	};
	return {
		descriptors: [device, device, device],
		stdin: keyboard(controller, stdout),
		stdout,
		stderr: null,
		resize: (changed) => {
			if (!stdout.destroyed) resizeTerminal(controller, changed);
		},
		closeCommandEnds: () => closeSync(device),
	};
}

function isHungUp(error: NodeJS.ErrnoException | undefined): boolean {
	return error?.code === "EIO";
}

/** Types without ever waiting in the kernel: a command that does not read must not stop this process. */
function keyboard(controller: number, screen: ReadStream): Writable {
	return new Writable({
		write(chunk: Buffer, _encoding, done) {
			let written = 0;
			const type = (): void => {
				// With the screen, the descriptor is closed, and may be somebody else's by now.
				if (this.destroyed || screen.destroyed) return done();
				try {
					while (written < chunk.length) written += writeSync(controller, chunk, written);
					done();
				} catch (cause) {
					if ((cause as NodeJS.ErrnoException).code === "EAGAIN") setTimeout(type, retryMs);
					else done(isHungUp(cause as NodeJS.ErrnoException) ? null : (cause as Error));
				}
			};
			type();
		},
	});
}
