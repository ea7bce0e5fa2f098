import { createHmac } from "node:crypto";
import { RetakeError } from "@retake/base";
import { type CanonicalValue, requireCanonical } from "@retake/changeset";
import { secretLengthMin } from "../recorder-limits.ts";
import { secretForms } from "./secret-forms.ts";

/** Something that must never be written down. */
export interface Secret {
	/** Names the placeholder: letters, digits, `_` and `-`. */
	readonly name: string;
	readonly value: string;
}

/** Replaces secrets by `{{name:hmac8}}`, which tells two values apart without telling either. */
export class Redactor {
	/** Spellings as JavaScript strings, and as one character a byte. */
	readonly #text: Spellings | null;
	readonly #bytes: Spellings | null;

	/** Throws `USAGE` for a name or a value that cannot be redacted safely. */
	constructor(secrets: readonly Secret[], key: Uint8Array) {
		const text = new Map<string, string>();
		const bytes = new Map<string, string>();
		for (const secret of secrets) {
			checkSecret(secret);
			const digest = createHmac("sha256", key).update(secret.value).digest("hex").slice(0, 8);
			const placeholder = `{{${secret.name}:${digest}}}`;
			for (const form of secretForms(secret.value)) {
				text.set(form, placeholder);
				bytes.set(Buffer.from(form, "utf8").toString("latin1"), placeholder);
			}
		}
		this.#text = createSpellings(text);
		this.#bytes = createSpellings(bytes);
	}

	/** Whether there is anything to look for. */
	get active(): boolean {
		return this.#text !== null;
	}

	/** Returns the value with every secret in its strings, keys and bytes replaced. Throws `NOT_SERIALISABLE` and `LIMIT_EXCEEDED` where there is anything to look for. */
	value(value: CanonicalValue): CanonicalValue {
		if (this.#text === null) return value;
		// Before anything is copied, and before an object of a class could pass for a plain one.
		requireCanonical(value);
		return this.#replaced(value);
	}

	#replaced(value: CanonicalValue): CanonicalValue {
		if (typeof value === "string") return this.text(value);
		if (value === null || typeof value !== "object") return value;
		if (value instanceof Uint8Array) return this.bytes(value);
		if (Array.isArray(value)) return value.map((item: CanonicalValue) => this.#replaced(item));
		const entries = Object.entries(value as Readonly<Record<string, CanonicalValue>>);
		return Object.fromEntries(entries.map(([key, field]) => [this.text(key), this.#replaced(field)]));
	}

	text(text: string): string {
		return this.#text === null ? text : replace(this.#text, text);
	}

	bytes(bytes: Uint8Array): Uint8Array {
		if (this.#bytes === null) return bytes;
		const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
		return new Uint8Array(Buffer.from(replace(this.#bytes, text), "latin1"));
	}

	/** Counts the bytes at the end (one character a byte) that could be the beginning of a secret. */
	pendingLength(text: string): number {
		let longest = 0;
		for (const form of this.#bytes?.placeholders.keys() ?? []) {
			for (let length = Math.min(form.length - 1, text.length); length > longest; length--) {
				if (text.endsWith(form.slice(0, length))) longest = length;
			}
		}
		return longest;
	}
}

interface Spellings {
	readonly pattern: RegExp;
	readonly placeholders: ReadonlyMap<string, string>;
}

function createSpellings(placeholders: ReadonlyMap<string, string>): Spellings | null {
	if (placeholders.size === 0) return null;
	// Longest first: a regular expression takes the first alternative that fits.
	const forms = [...placeholders.keys()].sort((left, right) => right.length - left.length);
	return {
		pattern: new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g"),
		placeholders,
	};
}

function replace({ pattern, placeholders }: Spellings, text: string): string {
	return text.replace(pattern, (form) => placeholders.get(form) ?? form);
}

function checkSecret({ name, value }: Secret): void {
	if (!/^[\w-]+$/.test(name)) {
		throw new RetakeError("USAGE", `a secret cannot be named ${JSON.stringify(name)}`, {
			sort: "misuse",
			remedy: "name it with letters, digits, _ and -",
		});
	}
	if (value.length >= secretLengthMin) return;
	throw new RetakeError("USAGE", `secret ${name} is shorter than ${secretLengthMin} characters`, {
		sort: "misuse",
		remedy: "leave it out: text that short turns up by chance, and redacting it would damage the record",
	});
}
