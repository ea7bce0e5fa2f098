import { RetakeError } from "@retake/base";
import type { CallContext, Tape } from "../src/index.ts";
import { request } from "./fixture.ts";

/** One thing that a random agent does. */
export type Action =
	| { readonly kind: "call"; readonly input: string; readonly chunks: number; readonly fails: boolean }
	/** Cancels the call when the first part of its output has come. */
	| { readonly kind: "cancel"; readonly input: string; readonly chunks: number }
	/** Makes the call again, up to three times in all, until it succeeds. */
	| { readonly kind: "retry"; readonly input: string }
	/** Draws values, and makes a call of them. */
	| { readonly kind: "value" }
	| { readonly kind: "race"; readonly inputs: readonly string[] }
	| { readonly kind: "parallel"; readonly branches: readonly (readonly Action[])[] };

/** Draws an agent. */
export function randomAgent(next: () => number, depth = 0): readonly Action[] {
	return Array.from({ length: 1 + Math.floor(next() * 4) }, (): Action => {
		const choice = next();
		// Few inputs, so that many calls are identical and only their addresses tell them apart.
		const input = `input ${Math.floor(next() * 3)}`;
		if (choice < 0.3 && depth < 2) {
			const branches = Array.from({ length: 1 + Math.floor(next() * 3) }, () => randomAgent(next, depth + 1));
			return { kind: "parallel", branches };
		}
		if (choice < 0.4) return { kind: "race", inputs: [input, "another", "a third"] };
		if (choice < 0.5) return { kind: "value" };
		if (choice < 0.6) return { kind: "cancel", input, chunks: 1 + Math.floor(next() * 4) };
		if (choice < 0.7) return { kind: "retry", input };
		return { kind: "call", input, chunks: Math.floor(next() * 4), fails: next() < 0.2 };
	});
}

/** Lets some time pass: none, microtasks, turns or a timer. */
async function jitter(next: () => number): Promise<void> {
	const choice = next();
	if (choice < 0.3) await Promise.resolve();
	else if (choice < 0.6) await new Promise((resolve) => setImmediate(resolve));
	else if (choice < 0.7) await new Promise((resolve) => setTimeout(resolve, Math.floor(next() * 3)));
}

/** Runs an agent; what it sees goes to `seen` in the order in which it sees it. `changed` is the call whose input is altered. */
export async function run(
	tape: Tape,
	agent: readonly Action[],
	next: () => number,
	changed = -1,
): Promise<readonly string[]> {
	const seen: string[] = [];
	let results = 0;
	const call = async (
		input: string,
		ordinal: number,
		chunks = 0,
		fails: () => boolean = () => false,
		cancel?: AbortController,
	) => {
		const execute = async (context: CallContext) => {
			for (let chunk = 0; chunk < chunks; chunk++) {
				await jitter(next);
				context.signal.throwIfAborted();
				void context.chunk("stdout", Buffer.from(`${results++}`));
			}
			await jitter(next);
			if (fails()) throw new RetakeError("TOOL_FAILED", `failed ${results++}`);
			return results++;
		};
		const sent = ordinal === changed ? `${input} but changed` : input;
		const onChunk = (stream: string, bytes: Uint8Array) => {
			seen.push(`${ordinal} ${stream} ${Buffer.from(bytes).toString()}`);
			cancel?.abort();
		};
		const more = { onChunk, ...(cancel === undefined ? {} : { signal: cancel.signal }) };
		try {
			const { value } = await tape.call(request("exec", sent, execute, more));
			seen.push(`${ordinal} result ${JSON.stringify(value)}`);
			return value;
		} catch (error) {
			seen.push(`${ordinal} error ${(error as Error).message}`);
			if ((error as RetakeError).code === "DIVERGENCE") throw error;
			return null;
		}
	};
	const perform = async (actions: readonly Action[], first: number): Promise<void> => {
		let ordinal = first;
		for (const action of actions) {
			await jitter(next);
			// What is drawn goes into an input: a stream that is shifted makes another call.
			if (action.kind === "value")
				await call(`${await tape.values.random("dice")} ${await tape.values.uuid()}`, ordinal++);
			else if (action.kind === "call") await call(action.input, ordinal++, action.chunks, () => action.fails);
			else if (action.kind === "cancel")
				await call(action.input, ordinal++, action.chunks, () => false, new AbortController());
			else if (action.kind === "retry") {
				let value = await call(action.input, ordinal++, 0, () => next() < 0.5);
				for (let again = 1; again < 3 && value === null; again++)
					value = await call(action.input, ordinal++, 0, () => next() < 0.5);
			} else if (action.kind === "race") {
				const calls = action.inputs.map((input) => call(input, ordinal++));
				// Depends on who is first: the winner's number becomes the next input.
				const winner = await Promise.race(calls);
				await Promise.all(calls);
				await call(`winner ${JSON.stringify(winner)}`, ordinal++);
			} else {
				const { branches } = action;
				await tape.parallel(branches.map((branch, index) => () => perform(branch, ordinal + index * 1000)));
				ordinal += branches.length * 1000;
			}
		}
	};
	await perform(agent, 0);
	return seen;
}
