import { RetakeError } from "@retake/base";
import type { Base, Runtime } from "@retake/runtime";
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
	const network = options.network === "setup" ? "host" : "none";
	const { base: prepared, cached, exec } = await runtime.prepare(base, { command: options.setup, network }, signal);
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
		remedy:
			network === "none" ? "mend the command; it has no network unless you pass --network setup" : "mend the command",
	});
}
