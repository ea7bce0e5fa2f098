import { isExecutable } from "./executable-bit.ts";
import { invalidPatch } from "./patch-error.ts";
import type { PatchMode } from "./patch-file.ts";

/** Reads an octal mode. Throws `PATCH_INVALID` for a submodule, a directory and whatever else a tree of files cannot hold. */
export function parseMode(text: string, line: number): PatchMode {
	if (text === "120000") return "symlink";
	if (text === "160000") throw invalidPatch(line, "submodules (mode 160000) are not supported");
	if (!/^100[0-7]{3}$/.test(text))
		throw invalidPatch(line, `"${text.slice(0, 20)}" is not the mode of a file or a link`);
	return isExecutable(Number.parseInt(text, 8)) ? "executable" : "regular";
}
