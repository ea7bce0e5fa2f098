/** Characters that are written together. */
const writtenTogether = 64 * 1024;

/** Characters of an answer that are made before the first of them is written. */
const madeBefore = 4 * 1024 ** 2;

/** Gathers pieces of text into larger ones. */
export function* gathered(pieces: Iterable<string>, characters = writtenTogether): Iterable<string> {
	let parts: string[] = [];
	let length = 0;
	for (const piece of pieces) {
		parts.push(piece);
		length += piece.length;
		if (length < characters) continue;
		yield parts.join("");
		parts = [];
		length = 0;
	}
	if (length > 0) yield parts.join("");
}

/**
 * Writes pieces of text to a stream, no faster than it takes them; ends early where whoever reads has stopped. They may be made while they are
 * written: of an answer of some MiB nothing is written before all of it could be made.
 */
export async function writePieces(stream: NodeJS.WritableStream, pieces: Iterable<string>): Promise<void> {
	for (const text of gathered(begunWhole(pieces))) {
		if (!(await write(stream, text))) return;
	}
}

function* begunWhole(pieces: Iterable<string>): Iterable<string> {
	const begun: string[] = [];
	let length = 0;
	for (const piece of pieces) {
		if (length < madeBefore) {
			begun.push(piece);
			length += piece.length;
			continue;
		}
		yield* begun.splice(0);
		yield piece;
	}
	yield* begun;
}

/** Writes to a stream and waits until it can take more. False where it has failed: what becomes of that is for its owner to say. */
export async function write(stream: NodeJS.WritableStream, piece: string | Uint8Array): Promise<boolean> {
	if (stream.write(piece)) return true;
	return new Promise((resolve) => {
		const drained = () => settle(true);
		const failed = () => settle(false);
		const settle = (taken: boolean) => {
			stream.off("drain", drained).off("error", failed).off("close", failed);
			resolve(taken);
		};
		stream.on("drain", drained).on("error", failed).on("close", failed);
	});
}
