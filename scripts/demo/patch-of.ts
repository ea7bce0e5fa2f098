import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPatch } from "@retake/changeset";
import { type AgentSession, openRuntime } from "@retake/runtime";

/** Returns as a git diff what an agent does in a session of its own, in memory, with a store that is thrown away. */
export async function patchOf(
	workspace: string,
	agent: (session: AgentSession) => Promise<unknown>,
): Promise<Uint8Array> {
	const store = mkdtempSync(join(tmpdir(), "retake-demo-store-"));
	try {
		await using runtime = await openRuntime({ workspace, store, sandbox: "none" });
		const base = await runtime.freeze("HEAD");
		await using session = await runtime.startSession({ base, kind: "library", title: "patch", program: null });
		await agent(session);
		return formatPatch(session.changes(), runtime.store.blobs);
	} finally {
		rmSync(store, { recursive: true, force: true });
	}
}
