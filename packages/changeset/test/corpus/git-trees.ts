import { Buffer } from "node:buffer";
import type { MemoryTree } from "@retake/changeset";
import { rawTextToBytes, treePathToBytes } from "@retake/changeset";
import { git } from "../model/directory.ts";

/** Puts all trees into a repository with one `git fast-import`, and returns the hash of each. */
export function importTrees(repository: string, trees: readonly MemoryTree[]): string[] {
	const parts: Uint8Array[] = [];
	const text = (line: string) => parts.push(Buffer.from(line, "latin1"));
	for (const [index, tree] of trees.entries()) {
		text(`commit refs/heads/t${index}\ncommitter c <c@example.org> 0 +0000\ndata 0\n\n`);
		for (const [path, node] of tree.nodes) {
			if (node.kind === "directory") continue;
			const mode = node.kind === "symlink" ? "120000" : (node.mode & 0o100) === 0 ? "100644" : "100755";
			const bytes = node.kind === "file" ? tree.blobs.read(node.content) : rawTextToBytes(node.target);
			if (bytes === null) throw new Error("a target spells no bytes");
			text(`M ${mode} inline ${quoted(treePathToBytes(path))}\ndata ${bytes.length}\n`);
			parts.push(bytes);
			text("\n");
		}
		text("\n");
	}
	run(repository, ["fast-import", "--quiet"], Buffer.concat(parts));
	const names = trees.map((_, index) => `refs/heads/t${index}^{tree}\n`).join("");
	return run(repository, ["cat-file", "--batch-check=%(objectname)"], Buffer.from(names)).toString().trim().split("\n");
}

/** Writes the patches of many pairs of trees with one `git diff-tree`. */
export function diffPairs(
	repository: string,
	pairs: readonly (readonly [before: string, after: string])[],
	flags: readonly string[],
): Uint8Array[] {
	const lines = pairs.map(([before, after]) => `${before} ${after}`);
	const output = run(repository, ["diff-tree", "--stdin", "-r", "-p", ...flags], Buffer.from(`${lines.join("\n")}\n`));
	const patches: Uint8Array[] = [];
	let start = 0;
	for (const [index, line] of lines.entries()) {
		const header = `${line}\n`;
		const at = output.indexOf(header, start, "latin1");
		if (at !== start) throw new Error(`git diff-tree left out pair ${index}`);
		const next = lines[index + 1];
		const end = next === undefined ? output.length : output.indexOf(`${next}\n`, at + header.length, "latin1");
		patches.push(output.subarray(at + header.length, end));
		start = end;
	}
	return patches;
}

export function run(cwd: string, args: readonly string[], input?: Uint8Array): Buffer {
	const { status, stdout, stderr } = git(cwd, args, input);
	if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
	return stdout;
}

function quoted(name: Uint8Array): string {
	return `"${Array.from(name, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}"`;
}
