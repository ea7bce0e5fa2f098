import { checkOptions } from "./check-options.ts";
import { openRuntime } from "./open-runtime.ts";
import type { RuntimePorts, Session } from "./runtime.ts";
import { type SessionOptions, sessionOptionsSchema } from "./runtime-options.ts";

/**
 * Opens a session on a workspace: one transaction, one sandbox, one record. Disposal rolls back what was not committed.
 *
 * @example
 * await using session = await openSession({ workspace: "." });
 * await session.call("exec", { argv: ["npm", "test"] });
 */
export async function openSession(options: SessionOptions, ports?: Partial<RuntimePorts>): Promise<Session> {
	const { base: asked, title, ...rest } = checkOptions(sessionOptionsSchema, options);
	const runtime = await openRuntime(rest, ports);
	const onEnd = async () => runtime[Symbol.asyncDispose]();
	try {
		const base = await runtime.freeze(asked);
		return await runtime.startSession({ base, kind: "library", title, program: null, onEnd });
	} catch (error) {
		await onEnd();
		throw error;
	}
}
