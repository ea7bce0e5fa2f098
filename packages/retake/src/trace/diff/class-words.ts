import type { TraceDiffRow } from "@retake/recorder";

/** What a class of rows is called. */
export const classWords: Readonly<Record<TraceDiffRow["kind"], string>> = {
	same: "same",
	"result-changed": "result changed",
	"input-changed": "input changed",
	moved: "moved",
	inserted: "inserted",
	deleted: "deleted",
};

/** The sign of a class, so that colour is never all that says it. */
export const rowSigns: Readonly<Record<TraceDiffRow["kind"], string>> = {
	same: "=",
	"result-changed": "~",
	"input-changed": "≠",
	moved: "↕",
	inserted: "+",
	deleted: "−",
};

/** Whose doing a divergence was, in words. */
export const causeWords = {
	environment: "the environment: the same call gave another result",
	agent: "the agent: it made another call",
} as const;
