import { RetakeError } from "@retake/base";
import type { Base, Runtime, SetupResult } from "@retake/runtime";
import type { EvaluationWatch } from "./evaluate.ts";
import type { CheckedEvaluateOptions } from "./evaluate-options.ts";

/** Freezes the base and runs the set-up over it. Throws `TOOL_FAILED` with the command's output where the set-up fails. */
export async function prepare(
	runtime: Runtime,
	options: CheckedEvaluateOptions,
	watch: EvaluationWatch,
): Promise<Base> {
	const signal = watch.signal === undefined ? {} : { signal: watch.signal };
	const base = await runtime.freeze(options.base, {
		onProgress: (files, bytes) => watch.onProgress?.({ kind: "snapshot", files, bytes }),
		...signal,
	});
	watch.onProgress?.({ kind: "frozen", submodules: base.submodules });
	if (options.commit.kind !== "none") await runtime.checkTarget(base, options.commit);
	if (options.setup === undefined) return base;
	watch.onProgress?.({ kind: "setup", state: "started" });
	const set = { command: options.setup, allow: options.setupAllow };
	const { base: prepared, cached, exec } = await runtime.prepare(base, set, signal);
	if (prepared !== null) {
		watch.onProgress?.({ kind: "setup", state: cached ? "cached" : "done" });
		return prepared;
	}
	watch.signal?.throwIfAborted();
	const end = exec?.timedOut ? "did not end in time" : `exited with ${exec?.exitCode ?? exec?.signal}`;
	const written = Buffer.concat([exec?.stdout ?? new Uint8Array(), exec?.stderr ?? new Uint8Array()]).toString("utf8");
	const output = written.trim() === "" ? " and printed nothing" : `:\n${written.slice(-2000).trimEnd()}`;
	throw new RetakeError("TOOL_FAILED", `the set-up command ${end}${output}`, {
		data: { command: options.setup, exitCode: exec?.exitCode ?? null },
		remedy: remedyOf(exec),
	});
}

/** A set-up that needs a host usually says so in words of its own; the record names it. */
function remedyOf(exec: SetupResult["exec"]): string {
	if (exec === null || exec.network === null)
		return "mend the command; it has no network but for hosts that you --setup-allow";
	const refused = exec.network.connections.filter(({ verdict, host }) => verdict === "refused" && host !== "");
	const names = new Set(refused.map(({ host, port }) => `${host}:${port}`));
	if (names.size === 0) return "mend the command";
	return `mend the command, or allow what it was refused: ${[...names].map((name) => `--setup-allow ${name}`).join(" ")}`;
}
