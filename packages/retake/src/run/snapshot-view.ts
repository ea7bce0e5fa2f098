import { createLogUpdate } from "log-update";
import type { Edges } from "../edges/edges.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { ProgressPace } from "../terminal/progress-pace.ts";

/** Nanoseconds between two drawings on a terminal, and between two lines elsewhere. */
const redrawNs = 100_000_000n;
const lineNs = 5_000_000_000n;

/** Shows how far a snapshot is, once it takes more than a second. Disposal takes the line from the screen. */
export interface SnapshotView extends Disposable {
	readonly onProgress: (files: number, bytes: number) => void;
}

/** Says how far a snapshot is. */
export function snapshotLine(files: number, bytes: number): string {
	return `taking a snapshot: ${formatCount(files, "file")}, ${formatBytes(bytes)}`;
}

/** Chooses how a snapshot is shown on standard error: a line that is drawn again on a terminal, plain lines elsewhere, nothing beside a document. */
export function snapshotView({ stderr, clock }: Edges, json: boolean): SnapshotView {
	if (json) return { onProgress: () => undefined, [Symbol.dispose]: () => undefined };
	if (!stderr.isTerminal) {
		const pace = new ProgressPace(clock, lineNs);
		return {
			onProgress: (files, bytes) => {
				if (pace.isDue()) stderr.stream.write(`retake: ${snapshotLine(files, bytes)}\n`);
			},
			[Symbol.dispose]: () => undefined,
		};
	}
	const pace = new ProgressPace(clock, redrawNs);
	const draw = createLogUpdate(stderr.stream, { defaultWidth: stderr.columns, defaultHeight: stderr.rows });
	return {
		onProgress: (files, bytes) => {
			if (pace.isDue()) draw(snapshotLine(files, bytes));
		},
		[Symbol.dispose]: () => draw.clear(),
	};
}
