import type { ErrorCode } from "./error-code.ts";

/** Who has to act: the operation failed in the world, the caller misused us, or we have a bug. */
export type ErrorSort = "operation" | "misuse" | "bug";

/** What a `RetakeError` is made of. */
export interface RetakeErrorOptions<Data> {
	/** Defaults to `operation`. */
	readonly sort?: ErrorSort;
	/** Facts for programs: paths, limits, ids. */
	readonly data?: Data;
	/** What to do about it: a sentence that names a command or an option. */
	readonly remedy?: string;
	readonly cause?: unknown;
}

/** The one class of errors that Retake throws. `code` is stable; `message` is for people and may change. */
export class RetakeError<Data = unknown> extends Error {
	override readonly name = "RetakeError";
	readonly code: ErrorCode;
	readonly sort: ErrorSort;
	readonly data: Data | undefined;
	readonly remedy: string | undefined;

	constructor(code: ErrorCode, message: string, options: RetakeErrorOptions<Data> = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.code = code;
		this.sort = options.sort ?? "operation";
		this.data = options.data;
		this.remedy = options.remedy;
	}
}

/** Tells whether a thrown value is a `RetakeError`, of the given code where one is named. */
export function isRetakeError(value: unknown, code?: ErrorCode): value is RetakeError {
	return value instanceof RetakeError && (code === undefined || value.code === code);
}
