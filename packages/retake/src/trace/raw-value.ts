import { RetakeError } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import { addressKey, callDocument, type TraceCall } from "@retake/recorder";
import { jsonValue } from "./json-value.ts";
import { valueField } from "./value-field.ts";

/**
 * Returns a part of a call, to the byte: bytes and texts as they are, other values as JSON. Named by a JSON pointer into the call
 * (`/result/stdout`, `/output/body`), or by a name alone, which is looked for in its result, its output and its input. Throws `USAGE`.
 */
export function rawValue(call: TraceCall, name: string): Uint8Array {
	const document = callDocument(call);
	const pointers = name.startsWith("/") ? [name] : [`/result/${name}`, `/output/${name}`, `/input/${name}`, `/${name}`];
	for (const pointer of pointers) {
		const found = valueAt(document, pointer);
		if (found === undefined) continue;
		if (found instanceof Uint8Array) return found;
		return Buffer.from(typeof found === "string" ? found : `${JSON.stringify(jsonValue(found), null, 2)}\n`);
	}
	throw new RetakeError("USAGE", `call ${addressKey(call.address)} has no ${name}`, {
		sort: "misuse",
		data: { name },
		remedy: `it has ${namesOf(document).join(", ")}`,
	});
}

function valueAt(document: CanonicalValue, pointer: string): CanonicalValue | undefined {
	const segments = pointer
		.split("/")
		.slice(1)
		.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
	let value: CanonicalValue | undefined = document;
	for (const segment of segments) {
		if (value === undefined) return undefined;
		value = Array.isArray(value) ? (value as readonly CanonicalValue[])[Number(segment)] : valueField(value, segment);
	}
	return value;
}

/** Names what can be asked for, two steps deep. */
function namesOf(document: CanonicalValue): string[] {
	return Object.entries(document as Readonly<Record<string, CanonicalValue>>).flatMap(([name, value]) => {
		const isMap =
			typeof value === "object" && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);
		const below = isMap ? Object.keys(value).map((key) => `/${name}/${key}`) : [];
		return below.length === 0 ? [`/${name}`] : below;
	});
}
