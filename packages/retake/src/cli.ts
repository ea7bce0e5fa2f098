import { systemClock } from "@retake/base";
import { listenForInterruption } from "./edges/interruption.ts";
import { processEdges } from "./edges/process-edges.ts";
import { runCommandLine } from "./program.ts";

/** Whoever reads may stop reading, as `head` does: what is left to write is then of no use to anyone. */
for (const stream of [process.stdout, process.stderr]) {
	stream.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
	});
}

const edges = processEdges(listenForInterruption(process, systemClock));
const exitCode = await runCommandLine(process.argv.slice(2), edges);
await Promise.all([drained(process.stdout), drained(process.stderr)]);
process.exit(exitCode);

function drained(stream: NodeJS.WriteStream): Promise<void> {
	return new Promise((resolve) => stream.write("", () => resolve()));
}
