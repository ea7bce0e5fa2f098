import type { CanonicalValue } from "@retake/changeset";

const bytesMark = "$retake-bytes";

/** Writes a canonical value as one line of JSON, in which a secret can be replaced by another text. */
export function jsonOfCanonical(value: CanonicalValue): string {
	return JSON.stringify(spellBytes(value));
}

/** Reads what `jsonOfCanonical` wrote. */
export function readCanonicalJson(text: string): CanonicalValue {
	return JSON.parse(text, (_key, value: unknown) => {
		if (typeof value !== "object" || value === null || !(bytesMark in value)) return value;
		return new Uint8Array(Buffer.from(String(value[bytesMark]), "base64"));
	}) as CanonicalValue;
}

function spellBytes(value: CanonicalValue): unknown {
	if (typeof value !== "object" || value === null) return value;
	if (value instanceof Uint8Array) {
		return { [bytesMark]: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
	}
	if (Array.isArray(value)) return value.map((item: CanonicalValue) => spellBytes(item));
	return Object.fromEntries(
		Object.entries(value as Readonly<Record<string, CanonicalValue>>).map(([key, field]) => [key, spellBytes(field)]),
	);
}
