import type { PageCall, PageDetail, PageRun, RowClass } from "./diff-page.ts";

/** One of the runs that are compared with the first. */
export interface ManyPageRun {
	/** b, c, and so on. */
	readonly letter: string;
	readonly run: PageRun;
	readonly hiddenDifferences: number;
	/** Where it parts from the first; null where it is the same. */
	readonly divergence: {
		readonly address: string;
		readonly kind: Exclude<RowClass, "same">;
		readonly cause: "environment" | "agent";
	} | null;
}

/** How one of the others stands to a call. */
export interface ManyPageCell {
	readonly letter: string;
	/** Null where neither the first run nor this one made the call. */
	readonly kind: RowClass | null;
	readonly call: PageCall | null;
	readonly isFirstDivergence: boolean;
	/** What it differs in from the first. */
	readonly details: readonly PageDetail[];
}

/** A call of the first run, or of others alone, with how each of the others stands to it; or a number of rows that are folded into one. */
export type ManyPageRow =
	| { readonly kind: "fold"; readonly count: number; readonly first: string; readonly last: string }
	| {
			readonly kind: "call";
			/** The first run's, or where it did not make it, that of one that did. */
			readonly call: PageCall;
			readonly isOfFirst: boolean;
			readonly cells: readonly ManyPageCell[];
	  };

/** Several runs compared with the first, with all that their page shows; texts are as they are, unescaped. */
export interface ManyPage {
	readonly first: PageRun;
	readonly others: readonly ManyPageRun[];
	readonly rows: readonly ManyPageRow[];
	/** Rows that are not on the page, since it would be too large. */
	readonly rowsLeftOut: number;
	/** Comparisons whose details are not on the page, since it would be too large. */
	readonly detailsLeftOut: number;
	/** How to make the page again, as a command. */
	readonly command: string;
}
