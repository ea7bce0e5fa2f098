import { constants, openSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { isSystemCallError, OpenDescriptor } from "@retake/linux";

/** Opens the root of a working tree; everything else is reached from its descriptor. Throws `WORKSPACE_NOT_FOUND`, `WORKSPACE_NOT_DIRECTORY`. */
export function openWorktreeRoot(root: string): OpenDescriptor {
	try {
		return new OpenDescriptor(openSync(root, constants.O_RDONLY | constants.O_DIRECTORY));
	} catch (cause) {
		if (isSystemCallError(cause, "ENOENT")) {
			throw new RetakeError("WORKSPACE_NOT_FOUND", `${root} does not exist`, { cause, remedy: "name a directory" });
		}
		if (isSystemCallError(cause, "ENOTDIR")) {
			throw new RetakeError("WORKSPACE_NOT_DIRECTORY", `${root} is not a directory`, {
				cause,
				remedy: "name the directory that holds it",
			});
		}
		throw cause;
	}
}
