import { type ChainHash, type RunId, sha256 } from "@retake/base";

/** The run that the process under fire records. */
export const recordedRunId = "crash-run-000000" as RunId;

/** What an event's blob holds. */
export function blobAt(sequence: number): Uint8Array {
	return Buffer.from(`blob ${sequence}\n`.repeat(1 + (sequence % 300)));
}

/** Returns the event of that number: always the same one. */
export function eventAt(sequence: number): { sequence: number; bytes: Uint8Array; chain: ChainHash } {
	const bytes = Buffer.from(`event ${sequence} `.repeat(1 + (sequence % 50)));
	return { sequence, bytes, chain: sha256(bytes) as ChainHash };
}

/** The file of the workspace that changes before every snapshot. */
export const changingFile = "changing";

/** What the changing file holds in the snapshot that was taken after so many events. */
export function changingText(sequence: number): string {
	return `after ${sequence} events\n`.repeat(1 + (sequence % 20));
}
