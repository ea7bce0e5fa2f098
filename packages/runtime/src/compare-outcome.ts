import type { ChangesetId } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import { errorWord, type TraceCall } from "@retake/recorder";
import type { NetworkReport } from "@retake/sandbox";
import { differenceCause } from "./difference-cause.ts";
import type { VerifyDifference } from "./runtime.ts";

/** What a recorded call came to when it was executed again. */
export interface ExecutedAgain {
	readonly outcome:
		| { readonly kind: "result"; readonly value: CanonicalValue }
		| { readonly kind: "error"; readonly code: string };
	/** Undefined where what it changed is not to be compared: over another base it may well be something else. */
	readonly changesetId: ChangesetId | null | undefined;
}

/** Compares what a call came to with its record, to the byte: a command's end and output, a tool's whole value, an error's code. */
export function compareOutcome(call: TraceCall, actual: ExecutedAgain): VerifyDifference[] {
	const { address, identity } = call;
	const differences: VerifyDifference[] = [];
	const compare = (field: VerifyDifference["field"], recorded: string, now: string) => {
		if (recorded === now) return;
		differences.push({
			address,
			tool: identity.tool,
			field,
			cause: differenceCause(recorded, now),
			recorded,
			actual: now,
		});
	};
	const recorded = call.outcome;
	if (recorded.kind === "result" && actual.outcome.kind === "result" && identity.tool === "exec") {
		const before = recorded.value as unknown as ExecFields;
		const after = actual.outcome.value as unknown as ExecFields;
		compare("exitCode", String(before.exitCode ?? before.signal), String(after.exitCode ?? after.signal));
		compare("stdout", latin1(before.stdout), latin1(after.stdout));
		compare("stderr", latin1(before.stderr), latin1(after.stderr));
		compare("network", networkText(before.network), networkText(after.network));
	} else if (identityOf(recorded) !== identityOf(actual.outcome)) {
		compare("outcome", describe(recorded), describe(actual.outcome));
	}
	if (actual.changesetId !== undefined) compare("changeset", String(call.changesetId), String(actual.changesetId));
	return differences;
}

interface ExecFields {
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;
	/** Absent in records from before there was an allow-list. */
	readonly network?: NetworkReport | null;
}

/** How many bytes a tunnel took depends on its encryption. */
function networkText(report: NetworkReport | null | undefined): string {
	const connections = report?.connections ?? [];
	return connections
		.map(({ method, host, port, verdict, reason, status }) => [method, host, port, verdict, reason, status].join(" "))
		.join("\n");
}

type AnyOutcome = TraceCall["outcome"] | ExecutedAgain["outcome"];

function identityOf(outcome: AnyOutcome): string {
	return outcome.kind === "result" ? hashCanonical(outcome.value) : describe(outcome);
}

/** Characters of a value that are told. */
const toldCharacters = 2_000;

function describe(outcome: AnyOutcome): string {
	if (outcome.kind === "error") return `error ${"error" in outcome ? errorWord(outcome.error) : outcome.code}`;
	if (outcome.kind !== "result") return outcome.kind;
	const text = JSON.stringify(outcome.value, (_key, value: unknown) =>
		value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
	);
	// What is not told whole is told apart by its hash, and so are values that look alike.
	return `result ${text.slice(0, toldCharacters)} ${hashCanonical(outcome.value).slice(0, 12)}`;
}

function latin1(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("latin1");
}
