import type { Change, TreeNode } from "@retake/changeset";
import { escapeText } from "../terminal/escape-text.ts";
import { formatBytes } from "../terminal/format.ts";

/** Writes a change on one line: `A` for added, `D` for deleted, `M` for modified, the path and what is there now. */
export function changeLine({ path, was, now }: Change): string {
	const letter = was === null ? "A" : now === null ? "D" : "M";
	return `${letter} ${escapeText(path)}${now === null ? "" : `  ${nodeWords(now)}`}`;
}

function nodeWords(node: TreeNode): string {
	switch (node.kind) {
		case "file":
			return `${formatBytes(node.size)}${(node.mode & 0o111) === 0 ? "" : ", executable"}`;
		case "directory":
			return "directory";
		case "symlink":
			return `-> ${escapeText(node.target)}`;
	}
}
