/** Tells the time. Libraries take one; only the command line makes the real one. */
export interface Clock {
	/** Milliseconds since 1970, whole. */
	now(): number;
	/** Nanoseconds since an arbitrary moment; never goes back. */
	monotonic(): bigint;
}

/** The machine's own clock. */
export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => process.hrtime.bigint(),
};
