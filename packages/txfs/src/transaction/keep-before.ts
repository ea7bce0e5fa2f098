import { setImmediate } from "node:timers/promises";
import type { Blobs, Changeset, TreeReader } from "@retake/changeset";

/** Files whose contents are kept by one transaction of the store: others wait for it meanwhile. */
const filesTogether = 64;

/** Keeps the bytes of every file that a changeset replaced or deleted, so that it can be inverted, merged and shown without the tree. */
export async function keepBefore(changeset: Changeset, before: TreeReader, blobs: Blobs): Promise<void> {
	const missing = changeset.changes.filter(({ was }) => was?.kind === "file" && !blobs.has(was.content));
	for (let at = 0; at < missing.length; at += filesTogether) {
		blobs.together(() => {
			for (const { path } of missing.slice(at, at + filesTogether)) blobs.writeChunks(before.chunks(path));
		});
		await setImmediate();
	}
}
