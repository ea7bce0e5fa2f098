import { RetakeError } from "@retake/base";
import { continueRun, replay } from "@retake/evaluator";
import type { ExchangesReport } from "@retake/http";
import { addressKey, type Divergence } from "@retake/recorder";
import type { PlaybackReport, Runtime, VerifyOptions, VerifyReport } from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import { Command, Option } from "commander";
import pico from "picocolors";
import { z } from "zod";
import { collectEarly } from "../edges/collect-early.ts";
import { exitCodes } from "../exit-code.ts";
import { httpKeyOption } from "../flags/http-flags.ts";
import { nextCommand } from "../flags/next-command.ts";
import { numberFromZero } from "../flags/positive-number.ts";
import { addSandboxFlags, type SandboxFlags } from "../flags/sandbox-flags.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { replayDocument } from "../json/replay-document.ts";
import { resumeDocument } from "../json/resume-document.ts";
import { reportTo, standardStreams } from "../mcp/standard-streams.ts";
import { openRecords, openWorkspace } from "../open-workspace.ts";
import { continuedOutcome } from "../run/continued-outcome.ts";
import { httpOfRun } from "../run/http-of-run.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import { exchangeTitle } from "../trace/exchange-lines.ts";
import { jsonValue } from "../trace/json-value.ts";
import { parseAddress } from "../trace/parse-address.ts";
import type { Paint, Verb, VerbHost } from "../verb.ts";

interface ReplayFlags extends WorkspaceFlags, SandboxFlags {
	readonly verify?: boolean;
	readonly forkAt?: string;
	readonly httpKey: readonly string[];
	readonly asMcp?: boolean;
	readonly policy?: "strict" | "report" | "fork";
	readonly timeScale?: number;
}

const examples = `
Examples:
  retake replay @last-failed
  retake replay 01ab --verify
  retake replay 01ab --fork-at 1
  retake replay 01ab --fork-at '/0/1#3'
  retake replay 01ab --policy report
  retake replay 01ab --time-scale 1
  retake replay 01ab --as-mcp

Exit codes: 0 identical, 2 usage, 3 infrastructure, 4 it diverged, 130 interrupted.
With --fork-at or --policy fork: 0, or 1 where the command or the candidate failed.`;

/** Makes `retake replay`: plays a run back from its record and proves by a hash that it came out the same. */
export const replayVerb: Verb = (host) => {
	const command = new Command("replay")
		.summary("play a run back from its record, and prove that it is the same")
		.description(
			"Runs a run's program again with every call served from the record; nothing is executed. The root hash is computed " +
				"again from what happened. With --verify, each call is then executed again on the recorded base and compared, up to the " +
				"first that differs or, with --policy report, to the end. With " +
				"--fork-at, calls are served only up to that one, with the tree as it was then, and executed from there; with " +
				"--policy fork, up to the first divergence.",
		)
		.argument("<run>", "id, unique prefix, @last or @last-failed")
		.addOption(new Option("--verify", "execute each call again too, and compare to the byte").conflicts("forkAt"))
		.option("--fork-at <call>", "execute this call and what comes after it, as a child run")
		.addOption(httpKeyOption("with --fork-at or --policy fork: where an upstream's key is found; may be repeated"))
		.addOption(
			new Option("--policy <policy>", "at a divergence: stop, go on while later calls match, or execute from there")
				.choices(["strict", "report", "fork"])
				.conflicts("forkAt"),
		)
		.addOption(
			new Option("--time-scale <factor>", "reproduce the recorded delays, times this (default: 0, none)")
				.argParser(numberFromZero)
				.conflicts("forkAt"),
		)
		.addOption(
			new Option("--as-mcp", "be the server of a conversation that retake record has recorded").conflicts([
				"verify",
				"forkAt",
				"policy",
				"json",
			]),
		);
	addWorkspaceFlags(addSandboxFlags(command)).addHelpText("after", examples);
	const playBack = (name: string, flags: ReplayFlags) =>
		host.run(flags, replayDocument, async ({ edges, paint }) => {
			collectEarly();
			await using runtime = await (flags.verify === true ? openWorkspace(edges, flags) : openRecords(edges, flags));
			const run = runtime.store.runs.resolve(name);
			const { policy, timeScale = 0 } = flags;
			const played = policy === "report" ? policy : "strict";
			const report = await replay(runtime, run, { policy: played, timeScale });
			edges.interrupted.throwIfAborted();
			const verification =
				flags.verify === true ? await verify(runtime, run, { policy: played, signal: edges.interrupted }) : null;
			const identical = isIdentical(report) && (verification === null || isEqual(verification));
			return {
				exitCode: identical ? exitCodes.done : exitCodes.diverged,
				document: toJson(report, verification),
				lines: [
					...playbackLines(report, run.title, paint),
					...(verification === null ? [] : verificationLines(verification, paint)),
					...(identical ? [] : [`  ${nextCommand(flags, "show", run.runId)}`]),
				],
			};
		});
	const fork = (name: string, flags: ReplayFlags, call: string | null) =>
		host.run(flags, resumeDocument, async ({ edges }) => {
			const http = await httpOfRun(name, flags, edges);
			const { interrupted: signal } = edges;
			await using runtime = await openWorkspace(edges, flags, {}, http?.secrets);
			const run = runtime.store.runs.resolve(name);
			const at = call === null ? null : parseAddress(call);
			if (http !== null) {
				const { continueWithHttp } = await import("../run/continue-with-http.ts");
				const how = { at, onDivergence: "go-live", servesCommand: false, signal } as const;
				return continuedOutcome(await continueWithHttp(runtime, run, http, how), flags);
			}
			const from = at === null ? ({ onDivergence: "go-live" } as const) : { at };
			return continuedOutcome(await continueRun(runtime, run, { ...from, signal }), flags);
		});
	return command.action((name: string, flags: ReplayFlags) => {
		if (flags.asMcp === true) return serveAsMcp(host, name, flags);
		if (flags.forkAt !== undefined) return fork(name, flags, flags.forkAt);
		if (flags.policy !== "fork") return playBack(name, flags);
		if (flags.verify !== true && flags.timeScale === undefined) return fork(name, flags, null);
		return command.error("error: option '--policy fork' cannot be used with option '--verify' or '--time-scale'");
	});
};

/** Serves the record to a client on the standard streams, whose messages take the place of the recorded ones. */
function serveAsMcp(host: VerbHost, name: string, flags: ReplayFlags): Promise<void> {
	return host.run({}, z.null(), async ({ edges }) => {
		await using runtime = await openRecords(edges, flags);
		const run = runtime.store.runs.resolve(name);
		if (run.kind !== "mcp") {
			throw new RetakeError("USAGE", `run ${run.runId} is no conversation with a server, it is a ${run.kind}`, {
				sort: "misuse",
				remedy: "record one with retake record, or leave --as-mcp out",
			});
		}
		const { playConversation, streamTransport } = await import("@retake/mcp");
		const { timeScale = 0 } = flags;
		const session = runtime.openPlayback(run, "report", { patience: "endless", timeScale });
		const client = streamTransport(standardStreams(edges));
		const report = await playConversation({ session, client, report: reportTo(edges), signal: edges.interrupted });
		const notes = playbackLines(report, run.title, pico.createColors(edges.stderr.colour)).map(
			(line) => `retake: ${line}`,
		);
		return { exitCode: isIdentical(report) ? exitCodes.done : exitCodes.diverged, document: null, lines: [], notes };
	});
}

/** What executing again came to; `exchanges` where the command's HTTP was recorded. */
interface Verification extends VerifyReport {
	readonly exchanges?: ExchangesReport;
}

async function verify(
	runtime: Runtime,
	run: RunRecord,
	how: Required<Pick<VerifyOptions, "policy" | "signal">>,
): Promise<Verification> {
	const { recordedHttp, verifyWithHttp } = await import("@retake/http");
	const http = recordedHttp(run);
	return http === null ? runtime.verify(run, how) : verifyWithHttp(runtime, run, http, { secrets: [], ...how });
}

function isEqual({ differences, exchanges }: Verification): boolean {
	return differences.length === 0 && (exchanges === undefined || isConsumed(exchanges));
}

function isConsumed({ missed, unconsumed }: ExchangesReport): boolean {
	return missed.length === 0 && unconsumed.length === 0;
}

function isIdentical({ divergences, rootHash }: PlaybackReport): boolean {
	return divergences.length === 0 && rootHash.recorded === rootHash.recomputed;
}

function playbackLines(report: PlaybackReport, title: string, paint: Paint): string[] {
	const { runId, calls, served, divergences, rootHash, cutOff } = report;
	return [
		`run ${runId}  ${escapeText(title)}`,
		`${served} of ${formatCount(calls, "call")} served from the record, none executed`,
		`recorded    ${rootHash.recorded}`,
		`recomputed  ${rootHash.recomputed}`,
		...(cutOff ? ["the record was cut off: only what came before the cut can be proved"] : []),
		isIdentical(report)
			? paint.green("identical: both hashes are the same")
			: paint.red(`diverged: ${formatCount(divergences.length, "divergence")}`),
		...divergences.map((each) => `  ${placeOf(each)}${each.kind}: ${escapeText(each.message)}`),
	];
}

function placeOf({ address }: Divergence): string {
	return address === null ? "" : `call ${addressKey(address)}, `;
}

function verificationLines(verification: Verification, paint: Paint): string[] {
	const { calls, equal, differences, divergences, environment, exchanges } = verification;
	const words = `executed again: ${equal} of ${formatCount(calls, "call")} came out the same to the byte`;
	return [
		differences.length === 0 ? paint.green(words) : paint.red(words),
		...environment.map(({ name, recorded, actual }) =>
			paint.yellow(`  ${name} was ${escapeText(recorded)} and is ${escapeText(actual)}`),
		),
		...differences.map(
			({ address, tool, field, cause }) =>
				`  call ${addressKey(address)}, ${escapeText(tool)}: ${field} differs (${cause})`,
		),
		...divergences
			.filter(({ kind }) => kind === "state")
			.map((each) => `  ${placeOf(each)}state: ${escapeText(each.message)}`),
		...(exchanges === undefined ? [] : exchangeLines(exchanges, paint)),
	];
}

function exchangeLines(report: ExchangesReport, paint: Paint): string[] {
	const { recorded, served, missed, unconsumed } = report;
	const words = `its HTTP: ${served} of ${formatCount(recorded, "exchange")} served from the record, none sent`;
	return [
		isConsumed(report) ? paint.green(words) : paint.red(words),
		...missed.map(({ request, nearest }) => {
			const like =
				nearest === null
					? ""
					: `; most like call ${addressKey(nearest.address)}, but for ${nearest.difference.map(({ pointer }) => pointer).join(", ")}`;
			return `  not on record: ${escapeText(exchangeTitle(request))}${escapeText(like)}`;
		}),
		...unconsumed.map((address) => `  not asked for: call ${addressKey(address)}`),
	];
}

function divergenceToJson({ kind, address, message, recorded, actual }: Divergence) {
	const summary = (call: Divergence["recorded"]) =>
		call === null
			? null
			: { address: addressKey(call.address), tool: call.identity.tool, input: jsonValue(call.input) };
	return {
		kind,
		address: address === null ? null : addressKey(address),
		message,
		recorded: summary(recorded),
		actual: summary(actual),
	};
}

function toJson(report: PlaybackReport, verification: Verification | null) {
	return {
		runId: report.runId,
		calls: report.calls,
		served: report.served,
		cutOff: report.cutOff,
		divergences: report.divergences.map(divergenceToJson),
		rootHash: { ...report.rootHash },
		verification: verification === null ? null : verificationToJson(verification),
	};
}

function verificationToJson({ calls, equal, differences, divergences, environment, exchanges }: Verification) {
	return {
		calls,
		equal,
		environment: environment.map((each) => ({ ...each })),
		divergences: divergences.map(divergenceToJson),
		differences: differences.map(({ address, tool, field, cause, recorded, actual }) => ({
			address: addressKey(address),
			tool,
			field,
			cause,
			recorded,
			actual,
		})),
		exchanges:
			exchanges === undefined
				? null
				: {
						recorded: exchanges.recorded,
						served: exchanges.served,
						missed: exchanges.missed.map(({ request, nearest }) => ({
							request: jsonValue(request),
							nearest: nearest === null ? null : addressKey(nearest.address),
							differences: nearest === null ? [] : nearest.difference.map(({ pointer }) => pointer),
						})),
						unconsumed: exchanges.unconsumed.map(addressKey),
					},
	};
}
