import { constants } from "node:os";
import { type ErrorCode, isRetakeError, RetakeError } from "@retake/base";
import { CommanderError } from "commander";

/** The command that looks into a failure of each kind, for errors that name no remedy of their own. */
const lookInto: Partial<Record<ErrorCode, string>> = {
	USAGE: "retake --help lists the commands; retake help COMMAND lists its options",
	RUN_NOT_FOUND: "retake runs lists the runs",
	RUN_AMBIGUOUS: "retake runs lists the runs; give more of the id",
	RUN_STATE: "retake runs shows the state of each run",
	CONFLICT: "look at the paths, then retake commit RUN --merge, or --to branch:NAME",
	COMMIT_PENDING: "retake recover finishes it",
	COMMIT_FAILED: "nothing was changed; retake doctor looks at the host",
	DISK_FULL: "retake gc frees what no run needs",
	STORE_BUSY: "wait for the other retake to end, or name another store with --store DIR",
	TREE_CHANGED: "something writes to the workspace: stop it, or evaluate a commit with --base HEAD",
	WORKSPACE_NOT_FOUND: "name the workspace with --workspace DIR",
	WORKSPACE_NOT_DIRECTORY: "name the workspace with --workspace DIR",
	BASE_NOT_FOUND: "git log --oneline lists commits; --base worktree takes the files as they are",
	REPOSITORY_NOT_FOUND: "run git init, or take --base worktree and commit to the working tree",
	INTERRUPTED: "retake runs lists what was recorded",
};

const otherwise = "retake doctor looks at the host";

/** What a failure says to people and to programs. */
export interface Failure {
	readonly code: ErrorCode;
	readonly message: string;
	/** What to do, or the command that looks into it. */
	readonly remedy: string;
	/** Paths in conflict, where there are any. */
	readonly paths: readonly string[];
}

/** Describes anything that was thrown. What is not a `RetakeError` and has no known cause is a bug of ours. */
export function describeFailure(thrown: unknown): Failure {
	const error = asRetakeError(thrown);
	const remedy = error.remedy ?? lookInto[error.code] ?? otherwise;
	return { code: error.code, message: error.message, remedy, paths: conflictPaths(error.data) };
}

function asRetakeError(thrown: unknown): RetakeError {
	if (isRetakeError(thrown)) return thrown;
	if (thrown instanceof CommanderError) return usageError(thrown);
	// What failed first says more than what could not be tidied up after it.
	if (thrown instanceof SuppressedError) return asRetakeError(thrown.suppressed);
	const message = thrown instanceof Error ? thrown.message : String(thrown);
	if (thrown instanceof Error && thrown.name === "AbortError") return new RetakeError("INTERRUPTED", "interrupted");
	const systemCode = thrown instanceof Error && "code" in thrown ? thrown.code : null;
	const systemNumber = thrown instanceof Error && "errno" in thrown ? thrown.errno : null;
	// By its number: libuv has no name for a full quota.
	if (systemCode === "ENOSPC" || systemNumber === -constants.errno.EDQUOT)
		return new RetakeError("DISK_FULL", message, { cause: thrown });
	if (systemCode === "EROFS") return new RetakeError("WORKSPACE_READ_ONLY", message, { cause: thrown });
	return new RetakeError("BUG", message, {
		sort: "bug",
		cause: thrown,
		remedy: "this is a mistake in Retake: please report it with the output of retake doctor --json",
	});
}

/** Turns commander's message, with its suggestion on a line of its own, into one error. */
function usageError(thrown: CommanderError): RetakeError {
	const [problem = "", ...rest] = thrown.message.replace(/^error: /, "").split("\n");
	const meant = /Did you mean (?:one of )?(.*)\?/.exec(rest.join(" "))?.[1];
	const remedy = meant === undefined ? undefined : `did you mean ${meant}?`;
	return new RetakeError("USAGE", problem, { sort: "misuse", ...(remedy === undefined ? {} : { remedy }) });
}

function conflictPaths(data: unknown): readonly string[] {
	if (typeof data !== "object" || data === null || !("conflicts" in data) || !Array.isArray(data.conflicts)) return [];
	return data.conflicts.flatMap((conflict: unknown) => {
		const hasPath = typeof conflict === "object" && conflict !== null && "path" in conflict;
		return hasPath && typeof conflict.path === "string" ? [conflict.path] : [];
	});
}
