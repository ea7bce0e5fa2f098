import { createError } from "@jsonjoy.com/fs-core";

/** The codes by which operations of a view fail. */
export type FailureCode =
	| "EACCES"
	| "EBADF"
	| "EBUSY"
	| "EEXIST"
	| "EINVAL"
	| "EISDIR"
	| "ELOOP"
	| "ENAMETOOLONG"
	| "ENOENT"
	| "ENOSYS"
	| "ENOTDIR"
	| "ENOTEMPTY"
	| "EPERM"
	| "EROFS";

/** Makes the error that node:fs would throw: code, number, call and paths, and its message. */
export function systemError(code: FailureCode, call: string, path?: string, target?: string): NodeJS.ErrnoException {
	return createError(code, call, path, target);
}
