import { readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { escapeText } from "../terminal/escape-text.ts";

/** A patch file and the name of the candidate that it makes. */
export interface PatchFile {
	readonly name: string;
	readonly path: string;
}

const ending = /\.(?:patch|diff)$/;

/** Finds the patches that were asked for: a file is itself, a directory all its `*.patch` and `*.diff`, sorted. Throws `USAGE`. */
export function findPatches(asked: readonly string[], workingDirectory: string): PatchFile[] {
	return asked.flatMap((each) => {
		const path = resolve(workingDirectory, each);
		const status = statSync(path, { throwIfNoEntry: false });
		if (status === undefined) throw noPatch(each, "does not exist");
		if (!status.isDirectory()) return [patchFile(path)];
		const names = readdirSync(path)
			.filter((name) => ending.test(name))
			.sort();
		if (names.length === 0) throw noPatch(each, "holds no *.patch and no *.diff");
		return names.map((name) => patchFile(join(path, name)));
	});
}

function patchFile(path: string): PatchFile {
	return { name: basename(path).replace(ending, ""), path };
}

function noPatch(asked: string, why: string): RetakeError {
	return new RetakeError("USAGE", `--candidate ${escapeText(asked)} ${why}`, {
		sort: "misuse",
		data: { path: asked },
		remedy: "name a patch file or a directory of them; a command is given by --candidate-cmd NAME=CMD",
	});
}
