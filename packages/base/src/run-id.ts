import type { Clock } from "./clock.ts";
import type { RunId } from "./ids.ts";
import type { Randomness } from "./randomness.ts";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** Makes a run's id: 8 characters of time in units of 32 ms, then 8 of randomness, Crockford's base 32. */
export function createRunId(clock: Clock, randomness: Randomness): RunId {
	let time = Math.floor(clock.now() / 32);
	let id = "";
	for (let digit = 0; digit < 8; digit++) {
		id = alphabet[time % 32] + id;
		time = Math.floor(time / 32);
	}
	for (const byte of randomness.bytes(8)) id += alphabet[byte % 32];
	return id as RunId;
}

/** Tells whether text has the form of a run's id. */
export function isRunId(text: string): text is RunId {
	return /^[0-9a-hjkmnp-tv-z]{16}$/.test(text);
}
