import { inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { assert, RetakeError } from "@retake/base";
import type { CommitReport, CommitTarget } from "@retake/runtime";
import { z } from "zod";
import { answer } from "../answer.ts";
import type { SandboxTool, ToolRequest } from "../sandbox-tool.ts";

const input = z.strictObject({
	session: z.string().min(1).describe("an open session, or a run that was kept, such as an evaluation's"),
	to: z.string().default("worktree").describe("worktree, or branch:NAME"),
	merge: z.boolean().default(false).describe("worktree: merge with what has changed there since, where that is clean"),
	message: z.string().min(1).optional().describe("branch: the commit's message"),
});

const output = z.object({
	run: z.string(),
	committed: z.union([
		z.object({ kind: z.literal("worktree"), paths: z.int(), recoveryPending: z.boolean() }),
		z.object({ kind: z.literal("branch"), branch: z.string(), oid: z.string() }),
	]),
});

/** Puts a session's changes into the workspace or onto a branch, all or nothing. */
export const commitTool: SandboxTool<typeof input> = {
	name: "commit",
	title: "Commit the changes",
	description:
		"Put the session's changes into the workspace or onto a git branch, all or nothing, and end the session. The user is asked where the client can ask. What has changed in the workspace meanwhile is never overwritten: then nothing is written and the conflict is told; the run is kept and can be committed again.",
	input,
	output,
	annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
	run: async (request, { session: id, to, merge, message }) => {
		const { sessions, runtime } = request;
		const target = targetOf(to, merge, message);
		sessions.requireStopped(id);
		const asked = askUser(request, `Commit the changes of ${id} to ${to}?`);
		if (asked === "declined") throw declined(id);
		if (asked !== "agreed") return asked;
		const report = sessions.has(id)
			? await sessions.end(id, (session) => session.commit(target))
			: await runtime.commitRun(runtime.store.runs.resolve(id), target);
		return answer({ run: id, committed: committedOf(report) });
	},
};

/** Asks the user through the client: what to return to it first, or how the user decided. */
function askUser({ context, canAsk, confirmCommits }: ToolRequest, message: string) {
	if (confirmCommits === "never" || (confirmCommits === "where-possible" && !canAsk)) return "agreed";
	if (!canAsk) {
		throw new RetakeError("USAGE", "this server commits only what its user agrees to, and the client cannot ask", {
			sort: "misuse",
			remedy: "commit by hand with retake commit, or start retake mcp without --confirm always",
		});
	}
	const response = inputResponse(context.mcpReq.inputResponses, "agree");
	if (response.kind === "elicit") {
		return response.action === "accept" && response.content?.["commit"] === true ? "agreed" : "declined";
	}
	const requestedSchema = z.object({ commit: z.boolean().describe("write the changes") });
	return inputRequired({ inputRequests: { agree: inputRequired.elicit({ message, requestedSchema }) } });
}

function targetOf(to: string, merge: boolean, message: string | undefined): CommitTarget {
	if (to === "worktree") return { kind: "worktree", onDrift: merge ? "merge" : "refuse" };
	const branch = /^branch:(.+)$/.exec(to)?.[1];
	if (branch !== undefined) return { kind: "branch", branch, ...(message === undefined ? {} : { message }) };
	throw new RetakeError("USAGE", `${JSON.stringify(to)} names no target`, {
		sort: "misuse",
		remedy: "write worktree, or branch:NAME",
	});
}

function committedOf(report: CommitReport): z.input<typeof output>["committed"] {
	assert(report.kind !== "patch", "a client names no files of the host");
	if (report.kind === "branch") return { kind: "branch", branch: report.branch, oid: report.oid };
	return { kind: "worktree", paths: report.paths.length, recoveryPending: report.recoveryPending };
}

function declined(id: string): RetakeError {
	return new RetakeError("INTERRUPTED", `the user did not agree to commit ${id}; nothing was written`, {
		remedy: "the session is open still: go on with it, or roll it back",
	});
}
