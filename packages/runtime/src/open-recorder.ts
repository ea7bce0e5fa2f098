import { checkOptions } from "./check-options.ts";
import { openRuntime } from "./open-runtime.ts";
import type { RuntimePorts, Session } from "./runtime.ts";
import { type RecorderOptions, recorderOptionsSchema } from "./runtime-options.ts";

/**
 * Opens a session for a program that needs no files and no sandbox: it only records. No snapshot is taken and nothing is started; its
 * tree is empty and there is no `exec`. `replay` plays the same program back.
 *
 * @example
 * await using recorder = await openRecorder({ workspace: "." });
 * const model = new OpenAI({ fetch: recorder.wrapFetch(fetch) });
 */
export async function openRecorder(options: RecorderOptions, ports?: Partial<RuntimePorts>): Promise<Session> {
	const { title, ...rest } = checkOptions(recorderOptionsSchema, options);
	const runtime = await openRuntime({ ...rest, sandbox: "none" }, ports);
	const onEnd = async () => runtime[Symbol.asyncDispose]();
	try {
		return await runtime.startSession({ base: runtime.emptyBase, kind: "library", title, program: null, onEnd });
	} catch (error) {
		await onEnd();
		throw error;
	}
}
