/** Milliseconds for which a delivery waits for what came before it on record, and does not come. */
const patienceMs = 500;

interface Entry {
	readonly sequence: number;
	isPast: boolean;
	proceed: (() => void) | null;
}

/**
 * Lets things happen in the order of a log, as far as they happen at all. What was recorded before something else is waited for, since a
 * program may have decided by it; what does not come is passed over, since the scheduling of a process is nobody's promise.
 */
export class DeliveryOrder {
	readonly #entries: readonly Entry[];
	readonly #bySequence: ReadonlyMap<number, Entry>;
	#position = 0;
	#waiting = 0;
	#timer: NodeJS.Timeout | null = null;
	#passedOver = 0;

	/** Takes the places in the log that matter. */
	constructor(sequences: readonly number[]) {
		this.#entries = sequences.toSorted((a, b) => a - b).map((sequence) => ({ sequence, isPast: false, proceed: null }));
		this.#bySequence = new Map(this.#entries.map((entry) => [entry.sequence, entry]));
	}

	/** How many things were no longer waited for. */
	get passedOver(): number {
		return this.#passedOver;
	}

	/** Says that something has happened, or never will. */
	past(sequence: number): void {
		const entry = this.#bySequence.get(sequence);
		if (entry === undefined || entry.isPast) return;
		entry.isPast = true;
		this.#goOn();
	}

	/** Waits until everything before a place in the log is past. */
	async reach(sequence: number): Promise<void> {
		const entry = this.#bySequence.get(sequence);
		if (entry === undefined || entry.isPast || entry === this.#entries[this.#position]) return;
		this.#waiting++;
		await new Promise<void>((resolve) => {
			entry.proceed = resolve;
			this.#goOn();
		});
		this.#waiting--;
	}

	#goOn(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		while (this.#entries[this.#position]?.isPast === true) this.#release(this.#entries[this.#position++]);
		this.#release(this.#entries[this.#position]);
		if (this.#waiting > 0) this.#timer = setTimeout(() => this.#passOver(), patienceMs);
	}

	#release(entry: Entry | undefined): void {
		entry?.proceed?.();
		if (entry !== undefined) entry.proceed = null;
	}

	/** Nothing has moved for a while: what nobody has begun with is not waited for any more. */
	#passOver(): void {
		for (let at = this.#position; at < this.#entries.length; at++) {
			const entry = this.#entries[at];
			if (entry === undefined || entry.proceed !== null) break;
			if (entry.isPast) continue;
			entry.isPast = true;
			this.#passedOver++;
		}
		this.#goOn();
	}
}
