import { RetakeError } from "@retake/base";
import type { TreeReader } from "@retake/changeset";

/** The tree that holds nothing. */
export const emptyTree: TreeReader = {
	lookup: () => null,
	entries: () => [],
	chunks: (path) => {
		throw new RetakeError("FILE_NOT_FOUND", `no file is at ${path}`, { data: { path } });
	},
};
