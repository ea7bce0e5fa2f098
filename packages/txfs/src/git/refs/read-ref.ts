import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";
import { isSystemCallError } from "@retake/linux";

/** Returns the object id that a ref holds, loose or packed, or null where there is none. Throws `USAGE` for a symbolic one. */
export function readRef(common: string, ref: string): string | null {
	const loose = readTextIfThere(join(common, ref))?.trim();
	if (loose?.startsWith("ref: ")) {
		throw new RetakeError("USAGE", `${ref} is a symbolic ref to ${loose.slice(5)}`, {
			sort: "misuse",
			remedy: `commit to ${loose.slice(5)} itself`,
		});
	}
	if (loose === undefined) return packedRefs(common).get(ref) ?? null;
	if (/^[0-9a-f]{40}$/.test(loose)) return loose;
	throw new RetakeError("STORE_DAMAGED", `${ref} holds no object name`, {
		data: { ref },
		remedy: "run `git fsck` in the repository; a ref that a crash left empty can be set again from its reflog",
	});
}

/** Returns the packed refs of a repository; a loose one of the same name counts before them. */
export function packedRefs(common: string): ReadonlyMap<string, string> {
	const lines = (readTextIfThere(join(common, "packed-refs")) ?? "").split("\n");
	const rows = lines.filter((line) => /^[0-9a-f]{40} /.test(line));
	return new Map(rows.map((line) => [line.slice(41).trim(), line.slice(0, 40)]));
}

/** Returns a file's text, or undefined where no file is. */
export function readTextIfThere(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "EISDIR", "ENOTDIR")) return undefined;
		throw error;
	}
}
