import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { diffTraces, type IgnoreRule, readTrace } from "@retake/recorder";
import { placeFile } from "@retake/txfs";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { collect } from "../flags/collect.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { diffDocument } from "../json/diff-document.ts";
import { diffManyDocument } from "../json/diff-many-document.ts";
import { openRecords } from "../open-workspace.ts";
import { diffLines } from "../trace/diff-lines.ts";
import { manyLines, manyToJson } from "../trace/diff-many.ts";
import { diffPage } from "../trace/diff-page.ts";
import { diffToJson } from "../trace/diff-to-json.ts";
import type { Verb, VerbHost } from "../verb.ts";

interface DiffFlags extends WorkspaceFlags {
	readonly all?: boolean;
	readonly ignore?: readonly string[];
	readonly exact?: boolean;
	readonly html?: string;
}

const examples = `
Examples:
  retake diff 01ab 01cd
  retake diff 01ab 01cd 01ef
  retake diff 01ab 01cd --html diff.html
  retake diff @last-failed @last --ignore 'exec:/result/stdout'

Exit codes: 0 the runs are the same, 1 they differ, 2 usage, 3 infrastructure.`;

/** Makes `retake diff`: aligns two runs call by call and names where they part ways, and whose doing it was. */
export const diffVerb: Verb = (host) => {
	const command = new Command("diff")
		.summary("compare two runs, call by call")
		.description(
			"Aligns the calls of two runs, shows those that are not the same, and names the first divergence and its cause.",
		)
		.argument("<a>", "id, unique prefix, @last or @last-failed")
		.argument("<b>", "the same")
		.argument("[more...]", "further runs, each compared with the first")
		.option("--all", "show the calls that are the same too")
		.option("--ignore <tool:pointer>", "leave a part of a tool's calls out of account; may be repeated", collect)
		.option("--exact", "take everything into account, readings of the clock too")
		.option("--html <file>", "also write a page that stands by itself, to a file that is not there yet");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((a: string, b: string, more: readonly string[], flags: DiffFlags) => {
		if (more.length > 0) return diffMany(host, a, [b, ...more], flags);
		return host.run(flags, diffDocument, async (face) => {
			await using runtime = await openRecords(face.edges, flags);
			const { store } = runtime;
			const ignore = ignoreRules(flags);
			const runs = { a: store.runs.resolve(a), b: store.runs.resolve(b) };
			const traces = { a: readTrace(store, runs.a.runId), b: readTrace(store, runs.b.runId) };
			const diff = diffTraces(traces.a, traces.b, { ignore });
			const shown = { runs, diff, all: flags.all === true, ignore, store, flags };
			if (flags.html !== undefined) {
				const path = resolve(face.edges.workingDirectory, flags.html);
				const { renderDiffPage } = await import("@retake/viewer");
				const page = renderDiffPage(diffPage(shown, traces));
				placeFile({ path, overwrite: false, write: (scratch) => writeFileSync(scratch, page, { flag: "wx" }) });
			}
			return {
				exitCode: diff.firstDivergence === null ? exitCodes.done : exitCodes.negative,
				document: diffToJson(shown),
				lines: diffLines(shown, face),
			};
		});
	});
};

/** Compares each of several runs with the first. */
function diffMany(host: VerbHost, a: string, names: readonly string[], flags: DiffFlags): Promise<void> {
	return host.run(flags, diffManyDocument, async (face) => {
		if (flags.html !== undefined) {
			throw new RetakeError("USAGE", "--html shows two runs", {
				sort: "misuse",
				remedy: "name two runs, or leave --html out",
			});
		}
		await using runtime = await openRecords(face.edges, flags);
		const { store } = runtime;
		const ignore = ignoreRules(flags);
		const first = store.runs.resolve(a);
		const trace = readTrace(store, first.runId);
		const others = names.map((name) => {
			const run = store.runs.resolve(name);
			return { run, diff: diffTraces(trace, readTrace(store, run.runId), { ignore }) };
		});
		const many = { first, calls: trace.calls, others, all: flags.all === true };
		const same = others.every(({ diff }) => diff.firstDivergence === null);
		return {
			exitCode: same ? exitCodes.done : exitCodes.negative,
			document: manyToJson(many),
			lines: manyLines(many, face),
		};
	});
}

/** Two readings of a clock never agree, and nobody compares runs to learn that. */
const clockReadings: IgnoreRule = { tool: "now", pointer: "/result" };

function ignoreRules({ ignore = [], exact = false }: DiffFlags): IgnoreRule[] {
	const named = ignore.map((text) => {
		const [, tool, pointer] = /^([^:]+):(\/.+)$/.exec(text) ?? [];
		if (tool !== undefined && pointer !== undefined) return { tool, pointer };
		throw new RetakeError("USAGE", `--ignore ${JSON.stringify(text)} is not TOOL:POINTER`, {
			sort: "misuse",
			remedy: "write it as --ignore exec:/result/stdout, or '*:/**/pid' for all tools",
		});
	});
	return exact ? named : [clockReadings, ...named];
}
