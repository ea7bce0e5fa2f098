import { RetakeError } from "@retake/base";

/** Where changes are to go. */
export type Target =
	| { readonly kind: "none" }
	| { readonly kind: "worktree" }
	| { readonly kind: "branch"; readonly branch: string };

/** Reads `none`, `worktree` or `branch:NAME`. Throws `USAGE`. */
export function commitTarget(text: string, option: string): Target {
	if (text === "none" || text === "worktree") return { kind: text };
	const branch = /^branch:(.+)$/.exec(text)?.[1];
	if (branch !== undefined) return { kind: "branch", branch };
	throw new RetakeError("USAGE", `${option} ${JSON.stringify(text)} names no target`, {
		sort: "misuse",
		remedy: `write ${option} worktree, or ${option} branch:NAME`,
	});
}
