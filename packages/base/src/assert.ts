import { RetakeError } from "./retake-error.ts";

/** Throws a `BUG` when a rule of our own does not hold. Never used to check what a user or a candidate sent. */
export function assert(condition: unknown, rule: string): asserts condition {
	if (!condition) throw new RetakeError("BUG", `broken rule: ${rule}`, { sort: "bug" });
}

/** Throws a `BUG`: reached only when a closed union has a member that a switch forgot. */
export function unreachable(value: never): never {
	throw new RetakeError("BUG", `unexpected value: ${JSON.stringify(value)}`, { sort: "bug" });
}
