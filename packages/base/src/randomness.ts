import { randomFillSync } from "node:crypto";

/** Gives unpredictable bytes. Tests hand in a seeded one. */
export interface Randomness {
	bytes(count: number): Uint8Array;
}

/** The kernel's randomness. */
export const systemRandomness: Randomness = {
	bytes: (count) => randomFillSync(new Uint8Array(count)),
};
