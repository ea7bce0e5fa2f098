import {
	type EvaluateOptions,
	type Evaluation,
	type EvaluationWatch,
	evaluate as evaluateInRuntime,
	evaluateOptionsSchema,
} from "@retake/evaluator";
import { checkOptions, openRuntime, type RuntimeOptions, runtimeOptionsSchema } from "@retake/runtime";
import { splitOptions } from "./split-options.ts";

/** What `evaluate` takes: the workspace with its sandbox, and what is to be evaluated. */
export interface EvaluationRequest extends RuntimeOptions, EvaluateOptions {}

/**
 * Evaluates candidates in sandboxes, each on its own copy of the workspace, judges them by the checks, selects the smallest that
 * passes and commits it where asked. A candidate's failure is its verdict. Throws `USAGE`, `SANDBOX_UNAVAILABLE`,
 * `PATCH_CONFLICT` for tests that do not apply, `CONFLICT` where the target has changed, `INTERRUPTED`.
 *
 * @example
 * const evaluation = await evaluate({
 * 	workspace: ".",
 * 	checks: [{ name: "tests", command: "npm test" }],
 * 	candidates: [{ kind: "patch", name: "fix", patch: await readFile("fix.patch") }],
 * });
 */
export async function evaluate(request: EvaluationRequest, watch: EvaluationWatch = {}): Promise<Evaluation> {
	const whole = checkOptions(runtimeOptionsSchema.extend(evaluateOptionsSchema.shape), request);
	const [runtimeOptions, options] = splitOptions(whole, runtimeOptionsSchema.shape);
	await using runtime = await openRuntime(runtimeOptions);
	return await evaluateInRuntime(runtime, options, watch);
}
