import type { CallAddress, CallIdentity } from "./event.ts";
import type { StoredIssued } from "./stored-event.ts";

/** Words of 32 bits in a SHA-256. */
const hashWords = 8;

// By the number that is kept.
const outcomes = ["in-flight", "result", "error", "cancelled"] as const;

/** How a call ended; `in-flight` where it was cut off. */
export type CallOutcome = (typeof outcomes)[number];

interface ScopeRow {
	readonly number: number;
	/** Ordinals, linked in the order of issue. */
	readonly first: number;
	last: number;
}

/** Tool, schema and kind of calls. */
interface Signature {
	readonly number: number;
	readonly tool: number;
}

/**
 * What must be known of every call of a run while it is read or played, in some 100 bytes each: address, identity, and where the log has it and
 * its output. A call is named by its ordinal in the order of issue. Inputs, outputs and results stay in the store. Columns that may have
 * nothing hold one more than what they say, and zero for none.
 */
export class CallTable {
	readonly #scopes = new Map<string, ScopeRow>();
	readonly #signatures = new Map<string, Signature>();
	readonly #tools = new Map<string, number>();
	/** By number. */
	readonly #scopeNames: string[] = [];
	readonly #scopeOf: Uint32Array;
	readonly #sequenceOf: Uint32Array;
	readonly #nextInScope: Uint32Array;
	readonly #signatureOf: Uint32Array;
	readonly #toolOf: Uint32Array;
	readonly #inputOf: Uint32Array;
	readonly #issuedAt: Uint32Array;
	readonly #issuedAtMs: Float64Array;
	readonly #endedAt: Uint32Array;
	readonly #outcomes: Uint8Array;
	readonly #firstChunk: Uint32Array;
	readonly #lastChunk: Uint32Array;
	/** By log sequence of a chunk: that of the next one of its call. */
	readonly #nextChunk: Uint32Array;
	/** By address, open addressing. */
	readonly #places: Uint32Array;
	#size = 0;

	/** Takes memory as calls are added; of a log of this many events. */
	constructor(events: number) {
		const callsMax = events;
		const column = () => new Uint32Array(callsMax);
		this.#scopeOf = column();
		this.#sequenceOf = column();
		this.#nextInScope = column();
		this.#signatureOf = column();
		this.#toolOf = column();
		this.#inputOf = new Uint32Array(callsMax * hashWords);
		this.#issuedAt = column();
		this.#issuedAtMs = new Float64Array(callsMax);
		this.#endedAt = column();
		this.#outcomes = new Uint8Array(callsMax);
		this.#firstChunk = column();
		this.#lastChunk = column();
		this.#nextChunk = new Uint32Array(events);
		this.#places = new Uint32Array(2 ** Math.ceil(Math.log2(2 * callsMax + 2)));
	}

	/** How many calls there are. */
	get size(): number {
		return this.#size;
	}

	/** The scopes that have calls. */
	get scopes(): Iterable<string> {
		return this.#scopes.keys();
	}

	/** Adds the next call; one at an address that is taken takes its place. */
	add({ address, identity, atMs }: StoredIssued, logSequence: number): void {
		const ordinal = this.find(address) ?? this.#place(address);
		const { number, tool } = this.#signature(identity);
		this.#signatureOf[ordinal] = number;
		this.#toolOf[ordinal] = tool;
		this.#inputOf.set(wordsOf(identity), ordinal * hashWords);
		this.#issuedAt[ordinal] = logSequence;
		this.#issuedAtMs[ordinal] = atMs;
		this.#endedAt[ordinal] = 0;
		this.#outcomes[ordinal] = 0;
		this.#firstChunk[ordinal] = 0;
	}

	/** Notes where in the log a part of a call's output was delivered. */
	chunked(ordinal: number, logSequence: number): void {
		if (this.#firstChunk[ordinal] === 0) this.#firstChunk[ordinal] = logSequence + 1;
		else this.#nextChunk[(this.#lastChunk[ordinal] as number) - 1] = logSequence + 1;
		this.#lastChunk[ordinal] = logSequence + 1;
	}

	/** Notes how and where in the log a call ended. */
	ended(ordinal: number, outcome: CallOutcome, logSequence: number): void {
		this.#endedAt[ordinal] = logSequence + 1;
		this.#outcomes[ordinal] = outcomes.indexOf(outcome);
	}

	/** Finds the call at an address; null for none. */
	find({ scope, sequence }: CallAddress): number | null {
		const row = this.#scopes.get(scope);
		if (row === undefined) return null;
		const found = this.#places[this.#slot(row.number, sequence)] as number;
		return found === 0 ? null : found - 1;
	}

	/** Lists the calls of a scope in the order of issue. */
	*ofScope(scope: string): Iterable<number> {
		let ordinal = this.#scopes.get(scope)?.first ?? -1;
		while (ordinal !== -1) {
			yield ordinal;
			ordinal = (this.#nextInScope[ordinal] as number) - 1;
		}
	}

	/** Lists the calls of an identity in the order of issue. */
	*ofIdentity(identity: CallIdentity): Iterable<number> {
		const signature = this.#signatures.get(signatureKey(identity));
		if (signature === undefined) return;
		const words = wordsOf(identity);
		for (let ordinal = 0; ordinal < this.#size; ordinal++) {
			if (this.#signatureOf[ordinal] === signature.number && this.#hasInput(ordinal, words)) yield ordinal;
		}
	}

	isOf(ordinal: number, identity: CallIdentity): boolean {
		const signature = this.#signatures.get(signatureKey(identity));
		return signature?.number === this.#signatureOf[ordinal] && this.#hasInput(ordinal, wordsOf(identity));
	}

	isOfTool(ordinal: number, tool: string): boolean {
		return this.#tools.get(tool) === this.#toolOf[ordinal];
	}

	/** Its number in its scope. */
	sequence(ordinal: number): number {
		return this.#sequenceOf[ordinal] as number;
	}

	/** The scope that issued it. */
	scope(ordinal: number): string {
		return this.#scopeNames[this.#scopeOf[ordinal] as number] as string;
	}

	/** The log sequence of its issue. */
	issuedAt(ordinal: number): number {
		return this.#issuedAt[ordinal] as number;
	}

	/** Milliseconds since the run began. */
	issuedAtMs(ordinal: number): number {
		return this.#issuedAtMs[ordinal] as number;
	}

	/** The log sequence of its end; null for a call that was cut off. */
	endedAt(ordinal: number): number | null {
		const noted = this.#endedAt[ordinal] as number;
		return noted === 0 ? null : noted - 1;
	}

	outcome(ordinal: number): CallOutcome {
		return outcomes[this.#outcomes[ordinal] as number] as CallOutcome;
	}

	hasChunks(ordinal: number): boolean {
		return this.#firstChunk[ordinal] !== 0;
	}

	/** Lists the log sequences of the parts of its output, in the order in which they were delivered. */
	*chunksAt(ordinal: number): Iterable<number> {
		let noted = this.#firstChunk[ordinal] as number;
		while (noted !== 0) {
			yield noted - 1;
			noted = this.#nextChunk[noted - 1] as number;
		}
	}

	#place({ scope, sequence }: CallAddress): number {
		const ordinal = this.#size++;
		const row = this.#scopes.get(scope);
		if (row === undefined) {
			this.#scopes.set(scope, { number: this.#scopes.size, first: ordinal, last: ordinal });
			this.#scopeNames.push(scope);
		} else {
			this.#nextInScope[row.last] = ordinal + 1;
			row.last = ordinal;
		}
		const number = row?.number ?? this.#scopes.size - 1;
		this.#scopeOf[ordinal] = number;
		this.#sequenceOf[ordinal] = sequence;
		this.#places[this.#slot(number, sequence)] = ordinal + 1;
		return ordinal;
	}

	/** Where the call at an address stands, or would. */
	#slot(scope: number, sequence: number): number {
		const mask = this.#places.length - 1;
		let slot = (Math.imul(scope, 0x9e3779b1) ^ Math.imul(sequence, 0x85ebca6b)) >>> 0;
		slot = ((slot ^ (slot >>> 15)) & mask) >>> 0;
		for (;;) {
			const link = this.#places[slot] as number;
			if (link === 0) return slot;
			if (this.#scopeOf[link - 1] === scope && this.#sequenceOf[link - 1] === sequence) return slot;
			slot = (slot + 1) & mask;
		}
	}

	#signature(identity: CallIdentity): Signature {
		const key = signatureKey(identity);
		const known = this.#signatures.get(key);
		if (known !== undefined) return known;
		const tool = this.#tools.get(identity.tool) ?? this.#tools.size;
		this.#tools.set(identity.tool, tool);
		const signature = { number: this.#signatures.size, tool };
		this.#signatures.set(key, signature);
		return signature;
	}

	#hasInput(ordinal: number, words: Uint32Array): boolean {
		const from = ordinal * hashWords;
		for (let word = 0; word < hashWords; word++) if (this.#inputOf[from + word] !== words[word]) return false;
		return true;
	}
}

function signatureKey({ kind, tool, schemaHash }: CallIdentity): string {
	return `${schemaHash} ${kind} ${tool}`;
}

function wordsOf({ inputHash }: CallIdentity): Uint32Array {
	const words = new Uint32Array(hashWords);
	Buffer.from(words.buffer).write(inputHash, "hex");
	return words;
}
