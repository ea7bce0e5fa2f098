import { type ContinuedRun, type ContinueOptions, continueRun as continueInRuntime } from "@retake/evaluator";
import { openRuntime, type RuntimeOptions } from "@retake/runtime";

/**
 * Runs a run's program again, as a child run: its calls are served from the record up to the call `at`, a divergence (with
 * `onDivergence: "go-live"`) or the place where it was cut off, and executed from there. `run` is an id, a unique prefix, `@last` or
 * `@last-failed`. Throws `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, `USAGE` where the program is not at hand, `DIVERGENCE`,
 * `BASE_NOT_FOUND`, `TRACE_TAMPERED`, and what the program throws.
 */
export async function continueRun(run: string, options: RuntimeOptions & ContinueOptions): Promise<ContinuedRun> {
	const { agent, at, onDivergence, signal, title, ...rest } = options;
	const given = Object.entries({ agent, at, onDivergence, signal, title }).filter(([, value]) => value !== undefined);
	await using runtime = await openRuntime(rest);
	const how: ContinueOptions = Object.fromEntries(given);
	return await continueInRuntime(runtime, runtime.store.runs.resolve(run), how);
}
