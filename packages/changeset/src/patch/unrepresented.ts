import { Buffer } from "node:buffer";
import type { Change, Changeset } from "../changeset.ts";
import { ancestorsOf } from "../path/path-parts.ts";
import { treePathToBytes } from "../path/tree-path-text.ts";
import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import { writeName } from "./quoted-name.ts";

/** Lists what a git diff of a changeset leaves out, a remark for each: empty directories, permission bits other than the executable one. */
export function unrepresented(changeset: Changeset): string[] {
	const withOld = new Set<TreePath>();
	const withNew = new Set<TreePath>();
	for (const { path, was, now } of changeset.changes) {
		for (const ancestor of ancestorsOf(path)) {
			if (isLeaf(was)) withOld.add(ancestor);
			if (isLeaf(now)) withNew.add(ancestor);
		}
	}
	return changeset.changes.flatMap((change) => {
		const remark = remarkOn(change, withOld, withNew);
		return remark === null ? [] : [`not in a git diff: ${remark} ${nameOf(change.path)}`];
	});
}

function remarkOn(
	{ path, was, now }: Change,
	withOld: ReadonlySet<TreePath>,
	withNew: ReadonlySet<TreePath>,
): string | null {
	if (now?.kind === "directory" && was?.kind === "directory") return `directory mode ${octal(now.mode)} of`;
	if (now?.kind === "directory" && !withNew.has(path)) return "new empty directory";
	if (now?.kind === "directory" && now.mode !== 0o755) return `directory mode ${octal(now.mode)} of`;
	if (was?.kind === "directory" && now === null && !withOld.has(path)) return "deleted empty directory";
	if (now?.kind !== "file") return null;
	const isNew = was?.kind !== "file";
	if (
		isNew ? now.mode !== 0o644 && now.mode !== 0o755 : was.mode !== now.mode && !isExecutableBitOnly(was.mode, now.mode)
	) {
		return `file mode ${octal(now.mode)} of`;
	}
	return null;
}

function isExecutableBitOnly(was: number, now: number): boolean {
	return (was & 0o100) !== (now & 0o100) && (was & 0o666) === (now & 0o666);
}

function isLeaf(node: TreeNode | null): boolean {
	return node !== null && node.kind !== "directory";
}

function octal(mode: number): string {
	return mode.toString(8).padStart(4, "0");
}

function nameOf(path: TreePath): string {
	return writeName(Buffer.from(treePathToBytes(path)).toString("latin1"));
}
