import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { openTrace, type StoredTrace, type TraceCall } from "@retake/recorder";
import type { Store } from "@retake/store";
import { placeFile } from "@retake/txfs";
import { Command, Option } from "commander";
import { z } from "zod";
import { collectEarly } from "../edges/collect-early.ts";
import { exitCodes } from "../exit-code.ts";
import { collect } from "../flags/collect.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { streamedShowDocument } from "../json/show-document.ts";
import { openRecords } from "../open-workspace.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatBytes } from "../terminal/format.ts";
import { write } from "../terminal/write-pieces.ts";
import { type CallFilterFlags, callStatuses, createCallFilter, filters } from "../trace/call-filter.ts";
import { callLines } from "../trace/call-lines.ts";
import { callToJson } from "../trace/call-to-json.ts";
import { ChosenCalls, ordinalsOf } from "../trace/chosen-calls.ts";
import { followRun } from "../trace/follow-run.ts";
import { parseAddress } from "../trace/parse-address.ts";
import { placePage } from "../trace/place-page.ts";
import { rawValue } from "../trace/raw-value.ts";
import { runPage } from "../trace/run-page.ts";
import { summariseRun } from "../trace/run-summary.ts";
import { timelineLines } from "../trace/timeline-lines.ts";
import type { Verb, VerbHost } from "../verb.ts";

interface ShowFlags extends WorkspaceFlags, CallFilterFlags {
	readonly follow?: boolean;
	readonly raw?: string;
	readonly to?: string;
	readonly html?: string;
}

const examples = `
Examples:
  retake show @last
  retake show 01ab 3
  retake show @last --tool exec --status failed
  retake show @last --follow
  retake show @last 3 --raw stdout | less
  retake show @last --html run.html`;

/** Makes `retake show`: the timeline of a run's calls, or one call with all that it took, gave and changed. */
export const showVerb: Verb = (host) => {
	const command = new Command("show")
		.summary("show a run's calls, or one call in full")
		.description(
			"Shows the timeline of a run's calls; with a call's address, that call with input, output and changes. Filters choose among the " +
				"calls; with --follow, calls of a run that is being recorded are shown as they begin and end.",
		)
		.argument("<run>", "id, unique prefix, @last or @last-failed")
		.argument("[call]", "the call's address as the timeline shows it")
		.option("--tool <name>", "only calls of this tool; may be repeated", collect, [])
		.addOption(new Option("--status <status>", "only calls that ended so").choices(callStatuses))
		.option("--path <glob>", "only calls that changed a path that matches")
		.option("--text <text>", "only calls with this in their input, result, error or output")
		.addOption(new Option("--follow", "go on until the run has ended").conflicts("json"));
	command
		.addOption(
			new Option("--raw <part>", "with a call: only this part of it, to the byte, such as stdout").conflicts([
				"json",
				"follow",
				"html",
			]),
		)
		.option("--to <file>", "with --raw: into a file that is not there yet")
		.addOption(
			new Option("--html <file>", "also write a page that stands by itself, to a file that is not there yet").conflicts(
				"follow",
			),
		);
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((name: string, address: string | undefined, flags: ShowFlags) => {
		if (flags.follow === true) return follow(host, name, flags);
		if (flags.raw !== undefined && address !== undefined) return writeRaw(host, name, address, flags.raw, flags);
		if (flags.raw !== undefined || flags.to !== undefined) {
			return command.error("error: option '--raw <part>' needs a call, and '--to <file>' needs '--raw'");
		}
		return host.run(flags, streamedShowDocument, async (face) => {
			collectEarly();
			await using opened = new AsyncDisposableStack();
			const { store } = opened.use(await openRecords(face.edges, flags));
			const run = store.runs.resolve(name);
			const trace = openTrace(store, run.runId);
			const only = address === undefined ? null : findCall(trace, address);
			const passing = filters(flags) ? ordinalsOf(trace, createCallFilter(flags, store)) : null;
			const calls = new ChosenCalls(trace, only === null ? passing : [only]);
			const children = store.runs.list({ parentRunId: run.runId }).toReversed();
			const { treeId, commit, workspace } = trace.header.base;
			const document = {
				run: summariseRun(run),
				base: { treeId, commit, workspace },
				sandbox: { ...trace.header.sandbox },
				rootHash: trace.rootHash,
				complete: trace.complete,
				calls: callDocuments(calls, store),
				children: children.map(summariseRun),
			};
			if (flags.html !== undefined) {
				const { renderRunPage } = await import("@retake/viewer");
				placePage(face.edges, flags.html, renderRunPage(runPage({ run, trace, calls, store, flags })));
			}
			const lines =
				only === null
					? timelineLines({ run, trace, calls, isFiltered: filters(flags), children, store, flags }, face)
					: callLines(trace.call(only), store, face);
			return { exitCode: exitCodes.done, document, lines, readFrom: opened.move() };
		});
	});
};

/** Standard output belongs to the part that is asked for, as it is. */
function writeRaw(host: VerbHost, name: string, address: string, part: string, flags: ShowFlags): Promise<void> {
	return host.run({}, z.null(), async ({ edges }) => {
		await using runtime = await openRecords(edges, flags);
		const { store } = runtime;
		const trace = openTrace(store, store.runs.resolve(name).runId);
		const bytes = rawValue(trace.call(findCall(trace, address)), part);
		const { to } = flags;
		if (to === undefined) await write(edges.stdout.stream, bytes);
		else {
			const path = resolve(edges.workingDirectory, to);
			placeFile({ path, overwrite: false, write: (scratch) => writeFileSync(scratch, bytes, { flag: "wx" }) });
		}
		const notes = to === undefined ? [] : [`wrote ${escapeText(to)} (${formatBytes(bytes.byteLength)})`];
		return { exitCode: exitCodes.done, document: null, lines: [], notes };
	});
}

/** Standard output belongs to the calls as they come. */
function follow(host: VerbHost, name: string, flags: ShowFlags): Promise<void> {
	return host.run({}, z.null(), async (face) => {
		await using runtime = await openRecords(face.edges, flags);
		const { store } = runtime;
		const run = await followRun(store.runs.resolve(name), store, createCallFilter(flags, store), face);
		const notes = [`retake: run ${run.runId} has ended: ${run.verdict ?? ""}, ${run.state}`];
		return { exitCode: exitCodes.done, document: null, lines: [], notes };
	});
}

function* callDocuments(calls: Iterable<TraceCall>, store: Store) {
	for (const call of calls) yield callToJson(call, store);
}

/** Returns the ordinal of the call that is named. */
function findCall(trace: StoredTrace, text: string): number {
	const found = trace.find(parseAddress(text));
	if (found !== null) return found;
	const { runId } = trace.header;
	throw new RetakeError("USAGE", `run ${runId} has no call ${text}`, {
		sort: "misuse",
		remedy: `retake show ${runId} lists its calls`,
	});
}
