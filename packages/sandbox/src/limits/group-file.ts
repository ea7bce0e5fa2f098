import { readFileSync } from "node:fs";

/** Reads a file of the control group file system; null where the kernel does not have it. */
export function readGroupFile(path: string): string | null {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		const { code } = cause as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ENODEV" || code === "EOPNOTSUPP") return null;
		throw cause;
	}
}

/** Reads a number that stands alone, or after a name at the start of a line; null where there is none. */
export function groupNumber(text: string | null, name?: string): number | null {
	if (text === null) return null;
	const found = name === undefined ? /^(\d+)\s*$/.exec(text) : new RegExp(`^${name} (\\d+)$`, "m").exec(text);
	return found === null ? null : Number(found[1]);
}

/** Reads the process ids of a group. */
export function groupMembers(directory: string): readonly number[] {
	const text = readGroupFile(`${directory}/cgroup.procs`) ?? "";
	return text
		.split("\n")
		.filter((line) => line !== "")
		.map(Number);
}
