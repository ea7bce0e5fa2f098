import { type Change, formatPatch, spellPath } from "@retake/changeset";
import { z } from "zod";
import { answer } from "../answer.ts";
import { fitText } from "../fit-text.ts";
import type { SandboxTool } from "../sandbox-tool.ts";
import { sessionField } from "../session-field.ts";

const patchCharactersMax = 200_000;

const input = z.strictObject({
	session: sessionField,
	patch: z.boolean().default(false).describe("also return the changes as git diff writes them"),
});

const output = z.object({
	changes: z.array(z.object({ path: z.string(), change: z.enum(["added", "modified", "deleted"]), kind: z.string() })),
	patch: z.string().nullable().describe(`UTF-8; cut in its middle above ${patchCharactersMax} characters`),
});

/** Lists what differs from the base. */
export const changesTool: SandboxTool<typeof input> = {
	name: "changes",
	title: "List the changes",
	description: "List what the session has changed so far, by path, and as a patch where asked.",
	input,
	output,
	annotations: { readOnlyHint: true, openWorldHint: false },
	run: ({ sessions, runtime }, { session: id, patch }) =>
		sessions.use(id, async ({ session }) => {
			const changeset = session.changes();
			const { blobs } = runtime.store;
			const text = patch ? Buffer.from(formatPatch(changeset, blobs, { moves: "renames" })).toString("utf8") : null;
			return answer({
				changes: changeset.changes.map(changeOf),
				patch: text === null ? null : fitText(text, patchCharactersMax).text,
			});
		}),
};

function changeOf({ path, was, now }: Change) {
	const change = was === null ? "added" : now === null ? "deleted" : "modified";
	return { path: spellPath(path), change, kind: (now ?? was)?.kind ?? "file" };
}
