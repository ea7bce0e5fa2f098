import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { RetakeError } from "@retake/base";

/** Returns the real path of a workspace. Throws `WORKSPACE_NOT_FOUND` or `WORKSPACE_NOT_DIRECTORY`. */
export function workspaceDirectory(path: string): string {
	const real = attempt(path, () => realpathSync(path));
	if (!statSync(real).isDirectory()) {
		throw new RetakeError("WORKSPACE_NOT_DIRECTORY", `${path} is not a directory`, {
			data: { path },
			remedy: "name a directory with --workspace",
		});
	}
	attempt(path, () => accessSync(real, constants.R_OK | constants.X_OK));
	return real;
}

function attempt<Value>(path: string, look: () => Value): Value {
	try {
		return look();
	} catch (cause) {
		const code = (cause as NodeJS.ErrnoException).code;
		const why = code === "EACCES" ? "cannot be read" : code === "ENOTDIR" ? "is not a directory" : "does not exist";
		throw new RetakeError("WORKSPACE_NOT_FOUND", `the workspace ${path} ${why}`, {
			cause,
			data: { path },
			remedy: "name an existing directory with --workspace",
		});
	}
}
