import { createHash } from "node:crypto";
import { chmodSync, closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { rawTextFromBytes, type TreePath } from "@retake/changeset";
import { fileExtents, getExtendedAttribute, listExtendedAttributes } from "@retake/linux";
import { placeUnder } from "./plant-tree.ts";

/** One line a path, by path: everything that is promised to come back. Two trees are the same where these are. */
export type AttributeListing = ReadonlyMap<TreePath, string>;

/** Lists a directory. Modes that keep its owner from reading it are loosened on the way, once they have been listed. */
export function listAttributes(root: string): AttributeListing {
	const lines = new Map<TreePath, string>();
	const names = new Map<bigint, TreePath[]>();
	const isBound = process.geteuid?.() !== 0;
	const pending: (TreePath | null)[] = [null];
	for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
		const directory = parent === null ? Buffer.from(root) : placeUnder(root, parent);
		for (const bytes of readdirSync(directory, { encoding: "buffer" })) {
			const name = rawTextFromBytes(bytes);
			const path = (parent === null ? name : `${parent}/${name}`) as TreePath;
			const at = placeUnder(root, path);
			const status = lstatSync(at, { bigint: true });
			const mode = status.isSymbolicLink() ? "" : (Number(status.mode) & 0o777).toString(8);
			if (isBound && !status.isSymbolicLink()) chmodSync(at, 0o700);
			if (status.isDirectory()) pending.push(path);
			else if (status.nlink > 1n) names.set(status.ino, [...(names.get(status.ino) ?? []), path]);
			lines.set(path, [kindOf(status), mode, status.mtimeNs, contentOf(at, status), xattrsOf(at)].join(" "));
			if (isBound && !status.isSymbolicLink())
				chmodSync(at, (Number(status.mode) & 0o777) | (status.isDirectory() ? 0o700 : 0));
		}
	}
	for (const group of names.values()) {
		const shown = group.toSorted().join("\0");
		for (const path of group) lines.set(path, `${lines.get(path)} linked ${shown}`);
	}
	return new Map([...lines].sort(([left], [right]) => (left < right ? -1 : 1)));
}

type BigStatus = ReturnType<typeof bigStatus>;
const bigStatus = (path: Buffer) => lstatSync(path, { bigint: true });

function kindOf(status: BigStatus): string {
	if (status.isFile()) return "file";
	if (status.isDirectory()) return "directory";
	return status.isSymbolicLink() ? "symlink" : "other";
}

function contentOf(at: Buffer, status: BigStatus): string {
	if (status.isSymbolicLink()) return readlinkSync(at, { encoding: "buffer" }).toString("hex");
	if (!status.isFile()) return "";
	const descriptor = openSync(at, "r");
	const extents = fileExtents(descriptor, Number(status.size));
	closeSync(descriptor);
	return `${status.size} ${createHash("sha256").update(readFileSync(at)).digest("hex")} ${JSON.stringify(extents)}`;
}

function xattrsOf(at: Buffer): string {
	const names = listExtendedAttributes(at).filter((name) => name.toString("latin1").startsWith("user."));
	const shown = names.map((name) => `${name.toString("hex")}=${getExtendedAttribute(at, name)?.toString("hex")}`);
	return JSON.stringify(shown.toSorted());
}
