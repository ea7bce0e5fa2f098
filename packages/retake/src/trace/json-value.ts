import type { CanonicalValue } from "@retake/changeset";
import type { z } from "zod";
import { textOfBytes } from "../terminal/text-of-bytes.ts";

/** Any value of JSON. */
export type JsonValue = z.util.JSONType;

/** Turns a recorded value into JSON; bytes become text. */
export function jsonValue(value: CanonicalValue): JsonValue {
	if (value instanceof Uint8Array) return textOfBytes(value);
	if (typeof value !== "object" || value === null) return value;
	if (isList(value)) return value.map(jsonValue);
	return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, jsonValue(child)]));
}

function isList(value: object): value is readonly CanonicalValue[] {
	return Array.isArray(value);
}
