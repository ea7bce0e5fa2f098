import type { CommitReport } from "@retake/runtime";
import type { z } from "zod";
import type { committedField } from "./fields.ts";

/** Turns a commit's report into JSON. */
export function committedOf(report: CommitReport): z.input<typeof committedField> {
	if (report.kind === "worktree") return { kind: "worktree", paths: report.paths.length };
	return { ...report };
}
