import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { TerminalSize } from "../sandbox.ts";
import { placesIn } from "./places.ts";

/** How many commands of one sandbox may run at once; the next waits. */
export const slotCount = 32;

/** How many named pipes the holder makes: three a slot. */
export const pipeCount = slotCount * 3;

/** The ends of one command's standard streams: descriptors for the command, streams for us. */
export interface CommandStreams {
	/** To be handed to the command and then closed by `closeCommandEnds`. */
	readonly descriptors: readonly [stdin: number | "ignore", stdout: number, stderr: number];
	/** Null where there is no input. */
	readonly stdin: Writable | null;
	readonly stdout: Readable;
	/** Null where it is one with standard output, at a terminal. */
	readonly stderr: Readable | null;
	/** Changes the terminal's size; does nothing where there is none. */
	resize(size: TerminalSize): void;
	closeCommandEnds(): void;
}

/** Opens the standard streams of one command on a slot's pipes. */
export type OpenPipes = (base: string, slot: number, hasInput: boolean) => CommandStreams;

/**
 * Opens named pipes rather than taking Node's own, which are sockets: a command could not open `/dev/stdout` by name.
 * They are opened in an order in which no opening waits for another.
 */
export const openPipes: OpenPipes = (base, slot, hasInput) => {
	const path = (stream: number): string => `${placesIn(base).pipes}/${slot * 3 + stream}`;
	const ours = constants.O_NONBLOCK;
	const reading = (stream: number): readonly [Socket, number] => {
		const near = openSync(path(stream), constants.O_RDONLY | ours);
		const far = openSync(path(stream), constants.O_WRONLY);
		return [new Socket({ fd: near, readable: true, writable: false }), far];
	};
	let input: number | "ignore" = "ignore";
	let stdin: Socket | null = null;
	if (hasInput) {
		const both = openSync(path(0), constants.O_RDWR | ours);
		input = openSync(path(0), constants.O_RDONLY);
		stdin = new Socket({ fd: openSync(path(0), constants.O_WRONLY | ours), readable: false, writable: true });
		closeSync(both);
	}
	const [stdout, output] = reading(1);
	const [stderr, errors] = reading(2);
	return {
		descriptors: [input, output, errors],
		stdin,
		stdout,
		stderr,
		resize: () => undefined,
		closeCommandEnds: () => {
			for (const descriptor of [input, output, errors]) if (descriptor !== "ignore") closeSync(descriptor);
		},
	};
};
