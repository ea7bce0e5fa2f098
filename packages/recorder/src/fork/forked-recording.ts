import type { Recording } from "../record/recording.ts";
import type { Divergence } from "../replay/divergence.ts";
import type { CallAddress } from "../trace/event.ts";

/**
 * Which calls of a run a fork serves, in the order in which they were issued: all that ended, the first `count`, or those before the call at
 * an address.
 */
export type ForkPoint =
	| { readonly kind: "all" }
	| { readonly kind: "calls"; readonly count: number }
	| { readonly kind: "before"; readonly address: CallAddress };

/** How far a fork has followed the run that it came from. */
export interface ForkOrigin {
	/** Calls served from the record. */
	readonly served: number;
	/** Calls executed, after it had left the record. */
	readonly executed: number;
	/** Recorded calls that were under way where the record was left, by address: they were executed again. */
	readonly executedAgain: readonly CallAddress[];
	/** Why it left the record before the point that was asked for; null where it did not. */
	readonly divergence: Divergence | null;
}

/**
 * A recording that begins as another run did: its first calls are served from that run's log, and written into its own as
 * they were, so that it needs the other run no more. Later calls are executed.
 */
export interface ForkedRecording extends Recording {
	readonly origin: ForkOrigin;
}
