import { RetakeError } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import { isValueMap } from "../trace/values-equal.ts";

/** Names a part of calls that differs between runs and does not matter. */
export interface IgnoreRule {
	/** A tool's name, or `*` for all. */
	readonly tool: string;
	/**
	 * A JSON pointer into the call's document (`/input/…`, `/result/…`, `/error/…`, `/output/STREAM`, `/changes`), in which the
	 * segment `*` stands for any one segment and `**` for any number of them. What lies below is ignored too.
	 */
	readonly pointer: string;
}

/** The rules for one tool, ready to be asked. */
export interface ToolIgnoreRules {
	readonly isEmpty: boolean;
	/** Whether a rule can reach into the input, so that the call's identity has to be taken without it. */
	readonly reachesInput: boolean;
	/** Tells whether a place in the call's document is ignored. */
	matches(pointer: string): boolean;
	/** Returns the input without its ignored parts. */
	strip(input: CanonicalValue): CanonicalValue;
}

/** Compiles ignore rules and returns those of one tool at a time. Throws `USAGE` for a pointer that is none. */
export function compileIgnoreRules(rules: readonly IgnoreRule[]): (tool: string) => ToolIgnoreRules {
	const compiled = rules.map((rule) => ({ tool: rule.tool, pattern: parsePattern(rule) }));
	const byTool = new Map<string, ToolIgnoreRules>();
	return (tool) => {
		const known = byTool.get(tool);
		if (known !== undefined) return known;
		const patterns = compiled.filter((rule) => rule.tool === "*" || rule.tool === tool).map((rule) => rule.pattern);
		const made = rulesOf(patterns);
		byTool.set(tool, made);
		return made;
	};
}

function parsePattern({ pointer }: IgnoreRule): string[] {
	if (!pointer.startsWith("/") || pointer === "/") {
		throw new RetakeError("USAGE", `"${pointer}" is not a JSON pointer into a call`, {
			sort: "misuse",
			remedy: "Begin it with /input, /result, /error, /output or /changes, for example /result/durationMs or /**/pid.",
			data: { pointer },
		});
	}
	return segmentsOf(pointer);
}

function segmentsOf(pointer: string): string[] {
	return pointer
		.split("/")
		.slice(1)
		.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function rulesOf(patterns: readonly (readonly string[])[]): ToolIgnoreRules {
	const matches = (segments: readonly string[]): boolean => patterns.some((pattern) => covers(pattern, segments));
	return {
		isEmpty: patterns.length === 0,
		reachesInput: patterns.some(([first]) => first === "input" || first === "*" || first === "**"),
		matches: (pointer) => patterns.length > 0 && matches(segmentsOf(pointer)),
		strip: (input) => (matches(["input"]) ? null : stripBelow(input, ["input"], matches)),
	};
}

/** Says whether the pattern names the place or something above it. */
function covers(pattern: readonly string[], segments: readonly string[]): boolean {
	// reached holds the pattern's positions that the segments so far can end at; each segment is looked at once.
	let reached = skipAnyNumber(pattern, new Set([0]));
	if (reached.has(pattern.length)) return true;
	for (const segment of segments) {
		const next = new Set<number>();
		for (const position of reached) {
			const expected = pattern[position];
			if (expected === "**") next.add(position);
			else if (expected === "*" || expected === segment) next.add(position + 1);
		}
		reached = skipAnyNumber(pattern, next);
		if (reached.has(pattern.length)) return true;
	}
	return false;
}

function skipAnyNumber(pattern: readonly string[], positions: Set<number>): Set<number> {
	for (const position of positions) if (pattern[position] === "**") positions.add(position + 1);
	return positions;
}

function stripBelow(
	value: CanonicalValue,
	at: readonly string[],
	matches: (segments: readonly string[]) => boolean,
): CanonicalValue {
	if (Array.isArray(value)) {
		return value.flatMap((element: CanonicalValue, index) => {
			const place = [...at, String(index)];
			return matches(place) ? [] : [stripBelow(element, place, matches)];
		});
	}
	if (!isValueMap(value)) return value;
	const kept: [string, CanonicalValue][] = [];
	for (const [key, child] of Object.entries(value)) {
		const place = [...at, key];
		if (!matches(place)) kept.push([key, stripBelow(child, place, matches)]);
	}
	return Object.fromEntries(kept);
}
