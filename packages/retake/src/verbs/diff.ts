import { RetakeError } from "@retake/base";
import { diffTraces, type IgnoreRule, readTrace } from "@retake/recorder";
import { Command, Option } from "commander";
import { exitCodes } from "../exit-code.ts";
import { collect } from "../flags/collect.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { diffDocument } from "../json/diff-document.ts";
import { diffManyDocument } from "../json/diff-many-document.ts";
import { openRecords } from "../open-workspace.ts";
import { twoColumnsLeast } from "../terminal/two-columns.ts";
import { diffLines } from "../trace/diff/diff-lines.ts";
import { manyLines, manyToJson } from "../trace/diff/diff-many.ts";
import { diffPage } from "../trace/diff/diff-page.ts";
import { diffToJson } from "../trace/diff/diff-to-json.ts";
import { manyPage } from "../trace/diff/many-page.ts";
import { sideBySideLines } from "../trace/diff/side-by-side-lines.ts";
import { treeDifference } from "../trace/diff/tree-difference.ts";
import { placePage } from "../trace/place-page.ts";
import type { Face, Verb, VerbHost } from "../verb.ts";

interface DiffFlags extends WorkspaceFlags {
	readonly all?: boolean;
	readonly ignore?: readonly string[];
	readonly exact?: boolean;
	readonly sideBySide?: boolean;
	readonly unified?: boolean;
	readonly html?: string;
}

const examples = `
Examples:
  retake diff 01ab 01cd
  retake diff 01ab 01cd 01ef
  retake diff 01ab 01cd --html diff.html
  retake diff 01ab 01cd --side-by-side | less
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
		.option("--exact", "take everything into account, readings of the clock and counts of tokens too")
		.addOption(
			new Option("--side-by-side", "in two columns (default on a terminal of 80 columns or more)").conflicts("unified"),
		)
		.option("--unified", "one row below the other (default elsewhere)")
		.option("--html <file>", "also write a page that stands by itself, to a file that is not there yet");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((a: string, b: string, more: readonly string[], flags: DiffFlags) =>
		more.length === 0 ? diffTwo(host, a, b, flags) : diffMany(host, a, [b, ...more], flags),
	);
};

/** Compares two runs. */
function diffTwo(host: VerbHost, a: string, b: string, flags: DiffFlags): Promise<void> {
	return host.run(flags, diffDocument, async (face) => {
		await using runtime = await openRecords(face.edges, flags);
		const { store } = runtime;
		const ignore = ignoreRules(flags);
		const runs = { a: store.runs.resolve(a), b: store.runs.resolve(b) };
		const traces = { a: readTrace(store, runs.a.runId), b: readTrace(store, runs.b.runId) };
		const diff = diffTraces(traces.a, traces.b, { ignore });
		const tree = treeDifference(traces.a, traces.b, diff, store);
		const shown = { runs, diff, tree, all: flags.all === true, ignore, store, flags };
		if (flags.html !== undefined) {
			const { renderDiffPage } = await import("@retake/viewer");
			placePage(face.edges, flags.html, renderDiffPage(diffPage(shown, traces)));
		}
		return {
			exitCode: diff.firstDivergence === null ? exitCodes.done : exitCodes.negative,
			document: diffToJson(shown),
			lines: isSideBySide(flags, face) ? sideBySideLines(shown, face) : diffLines(shown, face),
		};
	});
}

/** Compares each of several runs with the first. */
function diffMany(host: VerbHost, a: string, names: readonly string[], flags: DiffFlags): Promise<void> {
	return host.run(flags, diffManyDocument, async (face) => {
		await using runtime = await openRecords(face.edges, flags);
		const { store } = runtime;
		const ignore = ignoreRules(flags);
		const first = store.runs.resolve(a);
		const trace = readTrace(store, first.runId);
		const others = names.map((name) => {
			const run = store.runs.resolve(name);
			const other = readTrace(store, run.runId);
			return { run, trace: other, diff: diffTraces(trace, other, { ignore }) };
		});
		const many = { first, trace, others };
		if (flags.html !== undefined) {
			const { renderManyPage } = await import("@retake/viewer");
			placePage(face.edges, flags.html, renderManyPage(manyPage(many, { store, ignore, flags })));
		}
		const same = others.every(({ diff }) => diff.firstDivergence === null);
		const all = flags.all === true;
		return {
			exitCode: same ? exitCodes.done : exitCodes.negative,
			document: manyToJson(many, all),
			lines: manyLines(many, all, face),
		};
	});
}

/** Two columns where they are asked for, and on a terminal that is wide enough. */
function isSideBySide({ sideBySide, unified }: DiffFlags, { edges, columns }: Face): boolean {
	if (sideBySide === true) return true;
	return unified !== true && edges.stdout.isTerminal && columns >= twoColumnsLeast;
}

/** What never agrees, and nobody compares runs to learn: readings of a clock, and the tokens that an answer in a transcript took. */
const neverAgrees: readonly IgnoreRule[] = [
	{ tool: "now", pointer: "/result" },
	{ tool: "assistant", pointer: "/result/usage" },
	{ tool: "thinking", pointer: "/result/usage" },
];

function ignoreRules({ ignore = [], exact = false }: DiffFlags): IgnoreRule[] {
	const named = ignore.map((text) => {
		const [, tool, pointer] = /^([^:]+):(\/.+)$/.exec(text) ?? [];
		if (tool !== undefined && pointer !== undefined) return { tool, pointer };
		throw new RetakeError("USAGE", `--ignore ${JSON.stringify(text)} is not TOOL:POINTER`, {
			sort: "misuse",
			remedy: "write it as --ignore exec:/result/stdout, or '*:/**/pid' for all tools",
		});
	});
	return exact ? named : [...neverAgrees, ...named];
}
