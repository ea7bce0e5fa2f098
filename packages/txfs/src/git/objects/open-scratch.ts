import { randomBytes } from "node:crypto";
import { constants, openSync } from "node:fs";
import { join } from "node:path";

/** Makes a file under a name that nobody has. It begins as git's own do, so that `git gc` removes what a killed process left. */
export function openScratch(
	directory: string,
	prefix: "tmp_obj_" | "tmp_pack_" | "tmp_idx_",
): { readonly descriptor: number; readonly path: string } {
	const path = join(directory, `${prefix}${randomBytes(8).toString("hex")}`);
	return { descriptor: openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600), path };
}
