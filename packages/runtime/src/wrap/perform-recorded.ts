import { isRetakeError, RetakeError, type ValueHash } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { AgentSession, ChunkSink, ChunkWriter } from "../session.ts";
import type { ErrorClass, ErrorDescription } from "./error-description.ts";
import { rebuildError } from "./error-description.ts";
import { decodeStructured, encodeStructured } from "./structured-value.ts";

/** Work that goes through the record, of any values that can be recorded. */
export interface RecordedWork<Value> {
	readonly name: string;
	readonly input: CanonicalValue;
	/** Hash of the schema that the input fits; part of the call's identity. */
	readonly schemaHash?: ValueHash;
	readonly signal?: AbortSignal | undefined;
	readonly onChunk?: ChunkSink;
	/** Classes whose errors are thrown again as their instances. */
	readonly errors?: readonly ErrorClass[] | undefined;
	readonly work: (signal: AbortSignal, chunk: ChunkWriter) => Promise<Value>;
}

/**
 * Does work through a session's record. What it returns or throws comes out the same live and in playback: decoded from what was
 * written. Cancelled, it throws the signal's reason, as the platform does.
 */
export async function performRecorded<Value>(
	session: Pick<AgentSession, "perform">,
	{ name, input, schemaHash, signal, onChunk, errors, work }: RecordedWork<Value>,
): Promise<Value> {
	try {
		const value = await session.perform(
			name,
			input,
			async (inner, chunk) => encodeStructured(await catching(work(inner, chunk))),
			{
				...(schemaHash === undefined ? {} : { schemaHash }),
				...(signal === undefined ? {} : { signal }),
				...(onChunk === undefined ? {} : { onChunk }),
			},
		);
		return decodeStructured(value) as Value;
	} catch (error) {
		if (isRetakeError(error, "INTERRUPTED") && signal?.aborted === true) throw signal.reason;
		throw thrownWork(error, errors) ?? error;
	}
}

/** What somebody else's work throws is recorded whole, as the data of an error of ours; our own errors go by themselves. */
async function catching<Value>(work: Promise<Value>): Promise<Value> {
	try {
		return await work;
	} catch (thrown) {
		if (isRetakeError(thrown)) throw thrown;
		const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
		throw new RetakeError("TOOL_FAILED", message, { data: { thrown: encodeThrown(thrown) } });
	}
}

function encodeThrown(thrown: unknown): CanonicalValue {
	try {
		return encodeStructured(thrown);
	} catch (error) {
		if (isRetakeError(error, "NOT_SERIALISABLE")) return encodeStructured(new Error(String(thrown)));
		throw error;
	}
}

function thrownWork(error: unknown, errors: readonly ErrorClass[] | undefined): unknown {
	if (!isRetakeError(error, "TOOL_FAILED")) return undefined;
	const { thrown } = (error.data ?? {}) as { readonly thrown?: CanonicalValue };
	if (thrown === undefined) return undefined;
	const { $retake: kind, value } = (thrown ?? {}) as { readonly $retake?: string; readonly value?: unknown };
	if (kind === "error") return rebuildError(value as ErrorDescription, decodeStructured, errors);
	return decodeStructured(thrown);
}
