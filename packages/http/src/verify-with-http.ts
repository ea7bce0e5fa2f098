import { decodeHeader, httpCallName, RecordedAnswers, readTrace, type Secret } from "@retake/recorder";
import {
	decodeCommandProgram,
	type RecordedHttp,
	type Runtime,
	type VerifyOptions,
	type VerifyReport,
} from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import { HttpDoor } from "./http-door.ts";
import { type ExchangesReport, RecordedExchanges } from "./recorded-exchanges.ts";

/** What executing a command again with recorded HTTP came to. */
export interface HttpVerifyReport extends VerifyReport {
	readonly exchanges: ExchangesReport;
}

/** Returns how a run's HTTP was recorded; null for a run without. */
export function recordedHttp(run: RunRecord): RecordedHttp | null {
	return run.kind === "command" ? (decodeCommandProgram(decodeHeader(run.header).program).http ?? null) : null;
}

/**
 * Executes a recorded command again, with the answers of its servers from the record and no network, and compares to the byte. A request that
 * is not on record is answered with an error, and is in the report, as are answers that were not asked for.
 */
export async function verifyWithHttp(
	runtime: Runtime,
	run: RunRecord,
	{ upstreams, hosts }: RecordedHttp,
	{ secrets, ...how }: Omit<VerifyOptions, "door"> & { readonly secrets: readonly Secret[] },
): Promise<HttpVerifyReport> {
	const { store } = runtime;
	const answers = new RecordedAnswers({ store, trace: readTrace(store, run.runId), tool: httpCallName, secrets });
	const exchanges = new RecordedExchanges(answers);
	const door = new HttpDoor({ hosts, upstreams: upstreams.map((each) => ({ ...each, credential: null })) });
	await using proxy = door.open(exchanges);
	const report = await runtime.verify(run, { ...how, door });
	await proxy.idle();
	return { ...report, exchanges: exchanges.report() };
}
