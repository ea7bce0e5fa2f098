import { RetakeError } from "@retake/base";
import { z } from "zod";
import { answer } from "../answer.ts";
import type { OpenSession } from "../open-sessions.ts";
import type { SandboxTool } from "../sandbox-tool.ts";
import { sessionField } from "../session-field.ts";

const savepointField = z.int().nonnegative().describe("a savepoint of this session, as savepoint returned it");

const savepointInput = z.strictObject({ session: sessionField });

/** Marks the state after the calls so far. */
export const savepointTool: SandboxTool<typeof savepointInput> = {
	name: "savepoint",
	title: "Take a savepoint",
	description: "Mark the session's files as they are now. roll_back_to returns there; fork can begin there.",
	input: savepointInput,
	output: z.object({ savepoint: z.int() }),
	annotations: { readOnlyHint: true, openWorldHint: false },
	run: ({ sessions }, { session: id }) =>
		sessions.use(id, async ({ session, savepoints }) => {
			const number = savepoints.size;
			savepoints.set(number, session.savepoint());
			return answer({ savepoint: number });
		}),
};

const rollbackInput = z.strictObject({ session: sessionField, savepoint: savepointField });

/** Drops everything done after a savepoint. */
export const rollBackToTool: SandboxTool<typeof rollbackInput> = {
	name: "roll_back_to",
	title: "Return to a savepoint",
	description: "Drop everything that was done in the session after a savepoint. The session goes on from there.",
	input: rollbackInput,
	output: z.object({ savepoint: z.int() }),
	annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
	run: ({ sessions }, { session: id, savepoint: number }) =>
		sessions.use(id, async (open) => {
			open.session.rollbackTo(savepointOf(open, number));
			return answer({ savepoint: number });
		}),
};

const forkInput = z.strictObject({ session: sessionField, savepoint: savepointField.optional() });

/** Opens another session on the same files. */
export const forkTool: SandboxTool<typeof forkInput> = {
	name: "fork",
	title: "Fork a session",
	description:
		"Open another session on the files as they are now, or were at a savepoint, to try something else beside. Costs nothing; both are committed or rolled back apart.",
	input: forkInput,
	output: z.object({ session: z.string() }),
	annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
	run: ({ sessions }, { session: id, savepoint: number }) =>
		sessions.use(id, async (open) => {
			const savepoint = number === undefined ? undefined : savepointOf(open, number);
			const forked = await sessions.add(() => open.session.fork(savepoint));
			return answer({ session: forked.runId });
		}),
};

function savepointOf({ savepoints, session }: OpenSession, number: number) {
	const savepoint = savepoints.get(number);
	if (savepoint !== undefined) return savepoint;
	throw new RetakeError("USAGE", `session ${session.runId} has no savepoint ${number}`, {
		sort: "misuse",
		data: { savepoints: savepoints.size },
		remedy: "use a number that savepoint has returned for this session",
	});
}
