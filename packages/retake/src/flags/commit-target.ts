import { resolve } from "node:path";
import { RetakeError } from "@retake/base";

/** Where changes are to go. */
export type Target =
	| { readonly kind: "none" }
	| { readonly kind: "worktree" }
	| { readonly kind: "branch"; readonly branch: string }
	| { readonly kind: "patch"; readonly file: string; readonly overwrite: boolean };

/** What a target's words are read with. */
export interface TargetReading {
	/** The option that they stand behind. */
	readonly option: string;
	/** What the path of a patch is relative to. */
	readonly directory: string;
	/** Whether a patch that is there is replaced. */
	readonly overwrite: boolean;
}

/** Reads `none`, `worktree`, `branch:NAME` or `patch:FILE`. Throws `USAGE`. */
export function commitTarget(text: string, { option, directory, overwrite }: TargetReading): Target {
	const file = /^patch:(.+)$/s.exec(text)?.[1];
	if (overwrite && file === undefined) {
		throw new RetakeError("USAGE", "--overwrite is for a patch file", {
			sort: "misuse",
			remedy: `leave it out, or write ${option} patch:FILE`,
		});
	}
	if (file !== undefined) return { kind: "patch", file: resolve(directory, file), overwrite };
	if (text === "none" || text === "worktree") return { kind: text };
	const branch = /^branch:(.+)$/.exec(text)?.[1];
	if (branch !== undefined) return { kind: "branch", branch };
	throw new RetakeError("USAGE", `${option} ${JSON.stringify(text)} names no target`, {
		sort: "misuse",
		remedy: `write ${option} worktree, ${option} branch:NAME or ${option} patch:FILE`,
	});
}
