import { type ErrorCode, errorCodes, isRetakeError, RetakeError } from "@retake/base";
import { type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";
import type { RecordedError } from "./event.ts";

/** Describes a thrown value so that it can be written down and thrown again. */
export function toRecordedError(thrown: unknown): RecordedError {
	if (isRetakeError(thrown)) {
		const { name, code, sort, message, remedy = null, data } = thrown;
		return {
			name,
			code,
			sort,
			message: message.toWellFormed(),
			remedy: remedy?.toWellFormed() ?? null,
			data: canonicalOrNull(data),
		};
	}
	const { name = "Error", message = String(thrown), code } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
	return {
		name: String(name).toWellFormed(),
		code: typeof code === "string" ? code.toWellFormed() : "BUG",
		sort: "bug",
		message: String(message).toWellFormed(),
		remedy: null,
		data: null,
	};
}

/** Makes the error that a recorded one describes; a code that is not one of ours becomes `BUG`. */
export function fromRecordedError(error: RecordedError, cause?: unknown): RetakeError {
	const known = error.code in errorCodes;
	return new RetakeError(known ? (error.code as ErrorCode) : "BUG", error.message, {
		sort: error.sort,
		data: error.data,
		...(error.remedy === null ? {} : { remedy: error.remedy }),
		...(cause === undefined ? {} : { cause }),
	});
}

/** An error whose data cannot be written must still be recorded as the error that it is, not as ours about its data. */
function canonicalOrNull(data: unknown): CanonicalValue {
	if (data === undefined) return null;
	try {
		return decodeCanonical(encodeCanonical(data as CanonicalValue));
	} catch (error) {
		if (isRetakeError(error, "NOT_SERIALISABLE")) return null;
		throw error;
	}
}
