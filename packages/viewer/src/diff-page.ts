/** How a row of a diff stands. */
export type RowClass = "same" | "result-changed" | "input-changed" | "moved" | "inserted" | "deleted";

/** A run that is compared. */
export interface PageRun {
	readonly runId: string;
	readonly title: string;
	readonly verdict: string;
	readonly failed: boolean;
	readonly startedAt: string;
	readonly calls: number;
	readonly rootHash: string;
}

/** One call on one side of a row. */
export interface PageCall {
	readonly address: string;
	readonly tool: string;
	/** The input on one line. */
	readonly input: string;
	readonly outcome: string;
	readonly isWell: boolean;
	readonly duration: string;
	/** How many paths it changed. */
	readonly changed: number;
}

/** One line of a text that is compared. */
export interface PageLine {
	readonly kind: "context" | "removed" | "added";
	readonly text: string;
}

/** A stretch of a text around lines that differ. */
export interface PageHunk {
	readonly wasLine: number;
	readonly nowLine: number;
	readonly lines: readonly PageLine[];
}

/** Something that the two calls of a row differ in, or that one of them has. */
export interface PageDetail {
	/** `input/argv/1`, `result/stdout`, a path. */
	readonly name: string;
	/** What the detail is, in a few words: `changed on both sides`, `line by line`. */
	readonly note: string;
	readonly hunks: readonly PageHunk[];
	/** Lines that are left out because there are too many. */
	readonly leftOut: number;
}

/** A row of a diff, or a number of rows that are folded into one. */
export type PageRow =
	| { readonly kind: "fold"; readonly count: number; readonly first: string; readonly last: string }
	| {
			readonly kind: RowClass;
			readonly a: PageCall | null;
			readonly b: PageCall | null;
			readonly isFirstDivergence: boolean;
			readonly details: readonly PageDetail[];
	  };

/** Where two runs part ways. */
export interface PageDivergence {
	readonly address: string;
	readonly tool: string;
	readonly kind: Exclude<RowClass, "same">;
	readonly cause: "environment" | "agent";
	/** How the trees of the two runs stood to one another before that call. */
	readonly tree: PageTree;
}

/** Paths in which two trees differ, each with its text where it has one. */
export interface PageTree {
	readonly paths: readonly PageDetail[];
	readonly leftOut: number;
}

/** A diff of two runs with all that its page shows; texts are as they are, unescaped. */
export interface DiffPage {
	readonly a: PageRun;
	readonly b: PageRun;
	readonly counts: Readonly<Record<RowClass, number>>;
	readonly hiddenDifferences: number;
	readonly divergence: PageDivergence | null;
	readonly rows: readonly PageRow[];
	/** Rows that are not on the page, since it would be too large. */
	readonly rowsLeftOut: number;
	/** Rows that stand without what they differ in, since the page would be too large. */
	readonly detailsLeftOut: number;
	/** How to make the page again, as a command. */
	readonly command: string;
}
