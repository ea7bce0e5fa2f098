/** A value as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object of JSON. */
export interface JsonObject {
	readonly [key: string]: Json;
}

/** Parses a text; undefined where it is no JSON. */
export function parseJson(text: string): Json | undefined {
	try {
		return JSON.parse(text) as Json;
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

/** Tells whether a value is an object, and neither null nor a list. */
export function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === "object" && value !== null && !isList(value);
}

/** Tells whether a value is a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
	return Array.isArray(value);
}

/** Returns a field of an object; undefined where there is none, or the value is no object. */
export function fieldOf(value: Json | undefined, name: string): Json | undefined {
	return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Returns a field that is a text; null otherwise. */
export function textField(value: Json | undefined, name: string): string | null {
	const field = fieldOf(value, name);
	return typeof field === "string" ? field : null;
}
