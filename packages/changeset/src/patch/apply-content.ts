import { Buffer } from "node:buffer";
import { bytesOf, linesOf } from "../text/lines.ts";
import { applyDelta } from "./apply-delta.ts";
import { applyHunks } from "./apply-hunks.ts";
import { gitOid } from "./git-oid.ts";
import { patchConflict } from "./patch-error.ts";
import type { PatchFile } from "./patch-file.ts";
import type { PatchBudget } from "./patch-limits.ts";

/** Makes a file's new bytes of its old ones. Throws `PATCH_CONFLICT` where the patch was not made for them. */
export function applyContent(file: PatchFile, before: Uint8Array, budget: PatchBudget): Uint8Array {
	const { content, path, line } = file;
	switch (content.kind) {
		case "unchanged":
			return before;
		case "hunks": {
			if (file.kind === "create" && content.hunks.length === 0) return Buffer.alloc(0);
			return bytesOf(applyHunks(linesOf(before), content.hunks, { path, budget }));
		}
		case "binary": {
			const digits = content.oldOid.length === 64 ? 64 : 40;
			const isCreated = /^0+$/.test(content.oldOid) && before.length === 0;
			if (!isCreated && gitOid(before.length, [before], digits) !== content.oldOid) {
				throw patchConflict({ path, line, reason: "the binary file is not the one that the patch was made for" });
			}
			const after =
				content.payload.kind === "literal"
					? content.payload.bytes
					: applyDelta(before, content.payload.bytes, budget.left("contentBytes"));
			const isDeleted = /^0+$/.test(content.newOid) && after?.length === 0;
			if (after === null || (!isDeleted && gitOid(after.length, [after], digits) !== content.newOid)) {
				throw patchConflict({ path, line, reason: "the binary patch does not give the file that it states" });
			}
			budget.take("contentBytes", content.payload.kind === "delta" ? after.length : 0);
			return after;
		}
	}
}
