import type { Edges } from "../edges/edges.ts";
import { type HttpRecording, httpRecordingAgain } from "../flags/http-flags.ts";
import type { SecretFlags } from "../flags/redact-flag.ts";
import type { StateFlags } from "../flags/workspace-flags.ts";
import { openRecords } from "../open-workspace.ts";

/**
 * Makes what records the HTTP of a run's continuation, before the runtime is opened that must not write its keys down; null for a run whose HTTP was
 * not recorded. Throws `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, `USAGE`.
 */
export async function httpOfRun(
	name: string,
	flags: StateFlags & SecretFlags & { readonly httpKey: readonly string[] },
	edges: Edges,
): Promise<HttpRecording | null> {
	await using runtime = await openRecords(edges, flags);
	return await httpRecordingAgain(runtime.store.runs.resolve(name), flags.httpKey, edges);
}
