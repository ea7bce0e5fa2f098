import { RetakeError } from "@retake/base";
import type { TreePath } from "@retake/changeset";

/** Makes the error for putting something beneath what is no directory. */
export function notDirectory(path: TreePath): RetakeError {
	return new RetakeError("PATH_REFUSED", `${path} is not a directory: nothing can be put in it`, {
		data: { path },
		remedy: "remove what is there first, or choose another path",
	});
}
