import { addressKey, type TraceCall } from "@retake/recorder";
import type { Store } from "@retake/store";
import picomatch from "picomatch";
import { callToJson } from "./call-to-json.ts";
import { changedPathsOf, outcomeWords } from "./describe-call.ts";

/** How a call ended, in the words of `--status`. */
export const callStatuses = ["ok", "failed", "cancelled", "in-flight"] as const;

/** Which calls are shown; those that are absent let all through. */
export interface CallFilterFlags {
	readonly tool?: readonly string[];
	readonly status?: (typeof callStatuses)[number];
	/** A glob over the paths that a call changed. */
	readonly path?: string;
	/** Found in a call's input, result, error or output, in any case. */
	readonly text?: string;
}

/** Whether any filter was given. */
export function filters({ tool = [], status, path, text }: CallFilterFlags): boolean {
	return tool.length > 0 || status !== undefined || path !== undefined || text !== undefined;
}

/** Makes the test that a call must pass to be shown. */
export function createCallFilter(flags: CallFilterFlags, store: Store): (call: TraceCall) => boolean {
	const { tool = [], status, path, text } = flags;
	const isPath = path === undefined ? null : picomatch(path, { dot: true });
	const wanted = text?.toLowerCase();
	return (call) =>
		(tool.length === 0 || tool.includes(call.identity.tool)) &&
		(status === undefined || statusOf(call) === status) &&
		(isPath === null || changedPathsOf(call, store).some((changed) => isPath(changed))) &&
		(wanted === undefined || textOf(call, store).toLowerCase().includes(wanted));
}

/** Says how a call ended. */
export function statusOf(call: TraceCall): (typeof callStatuses)[number] {
	const { kind } = call.outcome;
	if (kind === "cancelled" || kind === "in-flight") return kind;
	return outcomeWords(call).well ? "ok" : "failed";
}

function textOf(call: TraceCall, store: Store): string {
	const { input, outcome } = callToJson(call, store);
	const output = call.chunks.map(({ bytes }) => Buffer.from(bytes).toString("utf8")).join("");
	return [addressKey(call.address), call.identity.tool, output, plainText(input), plainText(outcome)].join("\n");
}

/** The texts of a value without JSON's escapes, so that what is looked for is found as it was written. */
function plainText(value: unknown): string {
	if (typeof value === "string") return value;
	if (typeof value !== "object" || value === null) return String(value);
	return Object.entries(value)
		.map(([key, child]) => `${key}\n${plainText(child)}`)
		.join("\n");
}
