import { isRetakeError } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import { isCredentialHeader } from "@retake/recorder";

/** An error of somebody else's, as it is recorded and thrown again. */
export interface ErrorDescription {
	readonly name: string;
	readonly message: string;
	/** Whether it is the platform's own sort of error for aborts and timeouts. */
	readonly isDomException: boolean;
	/** Its own fields that can be recorded, `cause` and `errors` among them. */
	readonly fields: Readonly<Record<string, CanonicalValue>>;
	/** Keys of registered symbols that it has, as classes of other packages mark their errors. */
	readonly marks: readonly string[];
}

/** A class of errors, made again by its prototype. */
export type ErrorClass = abstract new (...parameters: never[]) => Error;

const builtIn: readonly (new (message: string) => Error)[] = [
	TypeError,
	RangeError,
	SyntaxError,
	ReferenceError,
	EvalError,
	URIError,
];

/** Describes an error: its name, message, cause and other fields, but for what cannot be recorded, its stack and credentials. */
export function describeError(error: Error, encode: (value: unknown) => CanonicalValue): ErrorDescription {
	const fields: Record<string, CanonicalValue> = {};
	for (const key of ["cause", "errors", ...Object.keys(error)]) {
		const value: unknown = Reflect.get(error, key);
		if (value === undefined || key === "name" || key === "message" || key === "stack") continue;
		const encoded = encodeOrNothing(withoutCredentials(key, value), encode);
		if (encoded !== undefined) fields[key] = encoded;
	}
	const marks = Object.getOwnPropertySymbols(error)
		.filter((symbol) => Reflect.get(error, symbol) === true)
		.flatMap((symbol) => Symbol.keyFor(symbol) ?? []);
	const isDomException = error instanceof DOMException;
	return {
		name: error.name.toWellFormed(),
		message: error.message.toWellFormed(),
		isDomException,
		fields: isDomException ? {} : fields,
		marks,
	};
}

/** Makes the error that was described. It is an instance of the class of `classes`, or of the language, that has its name. */
export function rebuildError(
	{ name, message, isDomException, fields, marks }: ErrorDescription,
	decode: (value: CanonicalValue) => unknown,
	classes: readonly ErrorClass[] = [],
): Error {
	if (isDomException) return new DOMException(message, name);
	const error = new Error(message);
	const likeIt = [...classes, ...builtIn].find((one) => one.name === name);
	if (likeIt !== undefined) Object.setPrototypeOf(error, likeIt.prototype);
	const hidden = { enumerable: false, configurable: true, writable: true };
	if (error.name !== name) Object.defineProperty(error, "name", { ...hidden, value: name });
	for (const [key, field] of Object.entries(fields)) {
		const isHidden = key === "cause" || key === "errors";
		Object.defineProperty(error, key, { ...hidden, enumerable: !isHidden, value: decode(field) });
	}
	for (const key of marks) Object.defineProperty(error, Symbol.for(key), { ...hidden, enumerable: true, value: true });
	return error;
}

/** A field that has no form, such as a socket, is no reason to lose the error. */
function encodeOrNothing(value: unknown, encode: (value: unknown) => CanonicalValue): CanonicalValue | undefined {
	try {
		return encode(value);
	} catch (error) {
		if (isRetakeError(error, "NOT_SERIALISABLE")) return undefined;
		throw error;
	}
}

function withoutCredentials(key: string, value: unknown): unknown {
	if (!/headers$/i.test(key) || typeof value !== "object" || value === null) return value;
	const entries = value instanceof Headers ? [...value] : Object.entries(value);
	return Object.fromEntries(entries.filter(([name]) => !isCredentialHeader(name)));
}
