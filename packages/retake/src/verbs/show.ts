import { RetakeError } from "@retake/base";
import { readTrace, type Trace, type TraceCall } from "@retake/recorder";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { showDocument } from "../json/show-document.ts";
import { openRecords } from "../open-workspace.ts";
import { callLines } from "../trace/call-lines.ts";
import { callToJson } from "../trace/call-to-json.ts";
import { parseAddress } from "../trace/parse-address.ts";
import { summariseRun } from "../trace/run-summary.ts";
import { timelineLines } from "../trace/timeline-lines.ts";
import type { Verb } from "../verb.ts";

const examples = `
Examples:
  retake show @last
  retake show 01ab 3`;

/** Makes `retake show`: the timeline of a run's calls, or one call with all that it took, gave and changed. */
export const showVerb: Verb = (host) => {
	const command = new Command("show")
		.summary("show a run's calls, or one call in full")
		.description(
			"Shows the timeline of a run's calls; with a call's address, that call with input, output and changes.",
		)
		.argument("<run>", "id, unique prefix, @last or @last-failed")
		.argument("[call]", "the call's address as the timeline shows it");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((name: string, address: string | undefined, flags: WorkspaceFlags) =>
		host.run(flags, showDocument, async (face) => {
			await using runtime = await openRecords(face.edges, flags);
			const { store } = runtime;
			const run = store.runs.resolve(name);
			const trace = readTrace(store, run.runId);
			const call = address === undefined ? null : findCall(trace, address);
			const children = store.runs.list({ parentRunId: run.runId }).toReversed();
			const { treeId, commit, workspace } = trace.header.base;
			const document = {
				run: summariseRun(run),
				base: { treeId, commit, workspace },
				sandbox: { ...trace.header.sandbox },
				rootHash: trace.rootHash,
				complete: trace.complete,
				calls: (call === null ? trace.calls : [call]).map((each) => callToJson(each, store)),
				children: children.map(summariseRun),
			};
			const lines =
				call === null ? timelineLines({ run, trace, children, store, flags }, face) : callLines(call, store, face);
			return { exitCode: exitCodes.done, document, lines };
		}),
	);
};

function findCall(trace: Trace, text: string): TraceCall {
	const { scope, sequence } = parseAddress(text);
	const found = trace.calls.find(({ address }) => address.scope === scope && address.sequence === sequence);
	if (found !== undefined) return found;
	const { runId } = trace.header;
	throw new RetakeError("USAGE", `run ${runId} has no call ${text}`, {
		sort: "misuse",
		remedy: `retake show ${runId} lists its calls`,
	});
}
