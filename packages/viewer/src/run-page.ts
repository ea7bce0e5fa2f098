import type { PageCall, PageRun } from "./diff-page.ts";

/** How a call ended, which is what the page filters by. */
export type CallStatus = "ok" | "failed" | "cancelled" | "in-flight";

/** A part of a call: its input, result, output or changes. */
export interface RunPagePart {
	/** `input`, `result`, `output`, `changed paths`. */
	readonly name: string;
	readonly lines: readonly string[];
	/** Lines that are left out because there are too many. */
	readonly leftOut: number;
}

/** One call of a run. */
export interface RunPageRow {
	readonly call: PageCall;
	readonly status: CallStatus;
	/** The branches that were under way, drawn. */
	readonly lanes: string;
	/** Where it lies in the run's time, in parts of one; how long it took, in the same. */
	readonly begin: number;
	readonly length: number;
	readonly startedAfter: string;
	readonly parts: readonly RunPagePart[];
}

/** A run with all that its page shows; texts are as they are, unescaped. */
export interface RunPage {
	readonly run: PageRun;
	/** What else is known of the run, by name. */
	readonly facts: readonly (readonly [string, string])[];
	readonly counts: Readonly<Record<CallStatus, number>>;
	readonly rows: readonly RunPageRow[];
	/** Calls that are not on the page, since it would be too large. */
	readonly rowsLeftOut: number;
	/** Calls that stand without their parts, since the page would be too large. */
	readonly detailsLeftOut: number;
	/** How to make the page again, as a command. */
	readonly command: string;
}
