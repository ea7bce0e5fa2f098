import type { EvaluationProgress } from "@retake/evaluator";
import type { Edges, OutputEnd } from "../edges/edges.ts";
import { liveView } from "./live-view.ts";
import { plainView } from "./plain-view.ts";

/** Shows an evaluation while it runs. Disposal leaves the last state on the screen. */
export interface EvaluationView extends Disposable {
	show(progress: EvaluationProgress): void;
}

/** Chooses how an evaluation is shown: a live table on a terminal, plain lines elsewhere, nothing beside a document that is not read by people. */
export function chooseView(edges: Edges, json: boolean): EvaluationView {
	const output: OutputEnd = json ? edges.stderr : edges.stdout;
	if (output.isTerminal) return liveView(output, edges.clock, edges.interrupted);
	return json ? silentView : plainView(output, edges.clock);
}

const silentView: EvaluationView = {
	show: () => undefined,
	[Symbol.dispose]: () => undefined,
};
