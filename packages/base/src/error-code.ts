/**
 * Every code that a `RetakeError` can carry, and what it means. Codes are stable: one is never reused for
 * another meaning. The command line maps each to an exit code.
 */
export const errorCodes = {
	USAGE: "the caller gave options that cannot be used",
	WORKSPACE_NOT_FOUND: "the workspace does not exist",
	WORKSPACE_NOT_DIRECTORY: "the workspace is not a directory",
	WORKSPACE_READ_ONLY: "the workspace cannot be written",
	BASE_NOT_FOUND: "the base does not name a commit of the repository",
	REPOSITORY_NOT_FOUND: "the workspace is not in a git repository",
	PATCH_INVALID: "a patch cannot be read",
	PATCH_CONFLICT: "a patch does not apply to the tree",
	PATH_REFUSED: "a path leaves the tree or names something that is never written",
	TREE_REFUSED: "a tree holds something that a changeset cannot represent",
	TREE_CHANGED: "a tree changed while it was read",
	LIMIT_EXCEEDED: "a named limit was exceeded",
	LIMIT_UNENFORCEABLE: "a mandatory limit cannot be enforced on this host",
	SANDBOX_UNAVAILABLE: "the sandbox driver cannot run on this host",
	SANDBOX_FAILED: "the sandbox failed; the candidate is not to blame",
	IMAGE_NOT_FOUND: "there is no image of that name",
	IMAGE_DAMAGED: "an image is not what it was when it was made",
	IMAGE_CHANGED: "an image came out otherwise than its lock says",
	STORE_NEWER: "the store was written by a newer version",
	STORE_DAMAGED: "the store is damaged",
	STORE_BUSY: "another process holds the store",
	BLOB_NOT_FOUND: "the store does not hold the bytes that a record refers to",
	RUN_NOT_FOUND: "no run has that name",
	RUN_AMBIGUOUS: "more than one run has that prefix",
	RUN_STATE: "the run is not in a state that allows this",
	CONFLICT: "the target changed since the base; nothing was written",
	COMMIT_FAILED: "the commit failed; the target is as it was",
	COMMIT_PENDING: "the commit was made, and its recovery is pending",
	DIVERGENCE: "the replay differs from the record",
	TRACE_TAMPERED: "the record's hash chain does not hold",
	TOOL_UNKNOWN: "no tool has that name",
	TOOL_INPUT: "the input does not fit the tool's schema",
	TOOL_FAILED: "the tool could not do what was asked",
	FILE_NOT_FOUND: "no file is at that path",
	SESSION_CLOSED: "the session has ended",
	NOT_SERIALISABLE: "the value has no canonical form",
	ENCODING_INVALID: "the bytes are not what Retake encodes",
	DISK_FULL: "no space is left where Retake keeps its state",
	INTERRUPTED: "the caller cancelled the work",
	BUG: "Retake broke one of its own rules",
} as const;

/** A stable name for one way in which something can fail. */
export type ErrorCode = keyof typeof errorCodes;
