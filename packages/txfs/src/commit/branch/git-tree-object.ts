import { rawTextFromBytes, rawTextToBytes } from "@retake/changeset";

/** Git's word for what an entry is: plain file, executable file, symbolic link, directory, commit of another repository. */
export type GitMode = "100644" | "100755" | "120000" | "40000" | "160000";

/** One entry of a git tree. */
export interface GitEntry {
	readonly mode: GitMode;
	/** 40 hexadecimal digits. */
	readonly oid: string;
}

/** Reads a tree object: names are bytes, spelled as those of a `TreePath`. Unknown modes of old repositories count as plain files. */
export function decodeTreeObject(bytes: Uint8Array): Map<string, GitEntry> {
	const buffer = Buffer.from(bytes);
	const entries = new Map<string, GitEntry>();
	for (let at = 0; at < buffer.length; ) {
		const space = buffer.indexOf(0x20, at);
		const end = buffer.indexOf(0, space);
		const mode = buffer.toString("latin1", at, space);
		const oid = buffer.toString("hex", end + 1, end + 21);
		entries.set(rawTextFromBytes(buffer.subarray(space + 1, end)), { mode: asMode(mode), oid });
		at = end + 21;
	}
	return entries;
}

/** Writes a tree object in git's order, in which a directory's name ends in a slash. */
export function encodeTreeObject(entries: ReadonlyMap<string, GitEntry>): Uint8Array {
	const rows = [...entries].map(([name, entry]) => {
		const bytes = Buffer.from(rawTextToBytes(name) ?? []);
		return { bytes, entry, order: entry.mode === "40000" ? Buffer.concat([bytes, Buffer.from("/")]) : bytes };
	});
	rows.sort((left, right) => Buffer.compare(left.order, right.order));
	return Buffer.concat(
		rows.flatMap(({ bytes, entry }) => [
			Buffer.from(`${entry.mode} `),
			bytes,
			Buffer.from([0]),
			Buffer.from(entry.oid, "hex"),
		]),
	);
}

function asMode(mode: string): GitMode {
	switch (mode) {
		case "100755":
		case "120000":
		case "40000":
		case "160000":
			return mode;
		default:
			return "100644";
	}
}
