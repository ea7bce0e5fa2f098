import type { CanonicalValue } from "@retake/changeset";
import { valueField } from "./value-field.ts";

/** Fields that a tool takes in the encoding that stands beside them. */
const encodedFields: readonly string[] = ["patch", "content"];

/** Returns a call's input for people: what was passed in base64 and is text, as that text. */
export function readableInput(input: CanonicalValue): CanonicalValue {
	if (valueField(input, "encoding") !== "base64") return input;
	const entries = Object.entries(input as { readonly [key: string]: CanonicalValue });
	const decoded = entries.map(([name, field]): [string, CanonicalValue] => {
		const text = encodedFields.includes(name) && typeof field === "string" ? decodeText(field) : null;
		return [name, text ?? field];
	});
	return Object.fromEntries(decoded.filter(([name]) => name !== "encoding"));
}

function decodeText(base64: string): string | null {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
	} catch {
		return null;
	}
}
