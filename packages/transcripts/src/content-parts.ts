import type { CanonicalValue } from "@retake/changeset";
import { fieldOf, isList, isObject, type Json, textField } from "./json.ts";
import { toCanonical } from "./to-canonical.ts";

/**
 * Turns content as models exchange it, a text or a list of parts, into a value: a text where it is nothing else, else a list in which
 * an image is bytes with their media type. Parts of other sorts are kept as they are.
 */
export function contentValue(content: Json | undefined): CanonicalValue {
	if (content === undefined || content === null) return null;
	if (!isList(content)) return toCanonical(content);
	const parts = content.map(partValue);
	if (parts.length > 0 && parts.every((part) => typeof part === "string")) return parts.join("\n");
	return parts;
}

function partValue(part: Json): CanonicalValue {
	if (!isObject(part)) return toCanonical(part);
	const text = part["type"] === "image" || part["type"] === "input_image" ? null : textField(part, "text");
	if (text !== null) return text.toWellFormed();
	return imageValue(part) ?? toCanonical(part);
}

/** Returns an image, inline in base64 or by name, as a value; null where the part is no image. */
export function imageValue(part: Json): CanonicalValue {
	const source = fieldOf(part, "source");
	const url = textField(part, "image_url") ?? textField(fieldOf(part, "image_url"), "url") ?? textField(source, "url");
	const inline = /^data:([^;,]*);base64,/.exec(url ?? "");
	const data = textField(source, "data") ?? (inline === null ? null : (url ?? "").slice(inline[0].length));
	if (data !== null) {
		const mediaType = textField(source, "media_type") ?? inline?.[1] ?? "application/octet-stream";
		return { image: { mediaType: mediaType.toWellFormed(), bytes: new Uint8Array(Buffer.from(data, "base64")) } };
	}
	const place = url ?? textField(source, "path");
	return place === null ? null : { image: { place: place.toWellFormed() } };
}

const printedResults: readonly RegExp[] = [
	/^Exit code:? (?<code>-?\d+)\n(?:Wall time: [\d.]+ seconds?\n)?(?:Total output lines: \d+\n)?(?:Output:\n)?/,
	/^(?:Chunk ID: \S+\n)?Wall time: [\d.]+ seconds?\nProcess exited with code (?<code>-?\d+)\n(?:Original token count: \d+\n)?Output:\n/,
];

/** Takes a command's result apart where it is printed in front of its output: its time is left out, since no two agree. */
export function commandResult(result: CanonicalValue): CanonicalValue {
	if (typeof result !== "string") return result;
	for (const pattern of printedResults) {
		const found = pattern.exec(result);
		if (found !== null) return { exitCode: Number(found.groups?.["code"]), output: result.slice(found[0].length) };
	}
	return result;
}
