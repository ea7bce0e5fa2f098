import { type ErrorCode, errorCodes, isRetakeError, RetakeError } from "@retake/base";
import { type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";
import { errorCausesMax } from "../recorder-limits.ts";
import type { RecordedError } from "./event.ts";

const ours = "RetakeError";

/** An error that nothing is known of but what it says. */
export const noFailureDetails: Pick<RecordedError, "cause" | "exitCode" | "signal" | "stderr" | "timedOut"> = {
	cause: null,
	exitCode: null,
	signal: null,
	stderr: null,
	timedOut: null,
};

/** Describes a thrown value so that it can be written down and thrown again, and what it was thrown because of. */
export function toRecordedError(thrown: unknown, depth = 0): RecordedError {
	const fields = (typeof thrown === "object" && thrown !== null ? thrown : {}) as Readonly<Record<string, unknown>>;
	const { cause } = fields;
	const known = isRetakeError(thrown)
		? { name: ours, code: thrown.code, sort: thrown.sort, remedy: textOf(thrown.remedy) }
		: { name: textOf(fields["name"]) ?? "Error", code: codeOf(fields["code"]), sort: "bug" as const, remedy: null };
	return {
		...known,
		message: String(thrown instanceof Error ? thrown.message : (fields["message"] ?? thrown)).toWellFormed(),
		data: isRetakeError(thrown) ? canonicalOrNull(thrown.data) : null,
		cause: cause === undefined || cause === null || depth >= errorCausesMax ? null : toRecordedError(cause, depth + 1),
		exitCode: Number.isInteger(fields["exitCode"]) ? (fields["exitCode"] as number) : null,
		signal: textOf(fields["signal"]),
		stderr: fields["stderr"] instanceof Uint8Array ? new Uint8Array(fields["stderr"]) : textOf(fields["stderr"]),
		timedOut: typeof fields["timedOut"] === "boolean" ? fields["timedOut"] : null,
	};
}

/** Makes the error that a recorded one describes: one of ours, or a plain one with the name and the fields that it had. */
export function fromRecordedError(error: RecordedError): Error {
	const { name, code, exitCode, signal, stderr, timedOut } = error;
	const made = error.name === ours ? makeOurs(error) : makeOther(error);
	const fields = { ...(name === ours ? {} : { code }), exitCode, signal, stderr, timedOut };
	for (const [key, value] of Object.entries(fields)) if (value !== null) Object.assign(made, { [key]: value });
	return made;
}

/** Returns a recorded error as the value that is written. */
export function errorValue(error: RecordedError): CanonicalValue {
	return { ...error, cause: error.cause === null ? null : errorValue(error.cause) };
}

/** Names an error in one word: its code, else what it calls itself. */
export function errorWord({ name, code }: RecordedError): string {
	return code === null ? name : String(code);
}

function makeOurs(error: RecordedError): Error {
	const { code, message, sort, data, remedy, cause } = error;
	const known = typeof code === "string" && Object.hasOwn(errorCodes, code);
	return new RetakeError(known ? (code as ErrorCode) : "BUG", message, {
		sort,
		data,
		...(remedy === null ? {} : { remedy }),
		...(cause === null ? {} : { cause: fromRecordedError(cause) }),
	});
}

function makeOther({ name, message, cause }: RecordedError): Error {
	const made = new Error(message, cause === null ? undefined : { cause: fromRecordedError(cause) });
	if (name !== made.name) Object.defineProperty(made, "name", { value: name, configurable: true, writable: true });
	return made;
}

function codeOf(code: unknown): string | number | null {
	return Number.isFinite(code) && !Object.is(code, -0) ? (code as number) : textOf(code);
}

function textOf(value: unknown): string | null {
	return typeof value === "string" ? value.toWellFormed() : null;
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
