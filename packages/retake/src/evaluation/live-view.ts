import type { Clock } from "@retake/base";
import { createLogUpdate } from "log-update";
import pico from "picocolors";
import type { OutputEnd } from "../edges/edges.ts";
import { advance, initialState } from "./evaluation-state.ts";
import type { EvaluationView } from "./evaluation-view.ts";
import { renderTable } from "./render-table.ts";

/** Milliseconds between two drawings of the table. */
const redrawMs = 100;

/** Shows an evaluation as a table that is drawn again in its place. */
export function liveView(output: OutputEnd, clock: Clock, interrupted: AbortSignal): EvaluationView {
	const draw = createLogUpdate(output.stream, { defaultWidth: output.columns, defaultHeight: output.rows });
	const paint = pico.createColors(output.colour);
	const now = (): number => Number(clock.monotonic() / 1_000_000n);
	let state = initialState;
	const redraw = (): void =>
		draw(renderTable(state, { columns: output.columns, rows: output.rows, paint, now: now() }));
	const stopping = (): void => {
		state = { ...state, activity: "stopping; Ctrl-C again ends it at once" };
	};
	interrupted.addEventListener("abort", stopping, { once: true });
	const timer = setInterval(redraw, redrawMs);
	redraw();
	return {
		show: (progress) => {
			if (!interrupted.aborted) state = advance(state, progress, now());
		},
		[Symbol.dispose]: () => {
			clearInterval(timer);
			interrupted.removeEventListener("abort", stopping);
			state = { ...state, activity: null };
			redraw();
			draw.done();
		},
	};
}
