import { Buffer } from "node:buffer";
import type { BlobReader } from "../blobs.ts";
import type { Change } from "../changeset.ts";
import type { TreeNode } from "../tree-node.ts";

/** A `package.json` above this is not read, bytes. */
const bytesMax = 1024 * 1024;

/** Parts of a `package.json` that name commands or what is fetched and run at an install. */
const parts = ["scripts", "bin", "gypfile", "packageManager", "workspaces"] as const;

/**
 * Returns which commands of a `package.json` a change adds or alters, such as `scripts.postinstall`, in order; null where the
 * file is no JSON object or too large to be looked at.
 */
export function changedScripts({ was, now }: Change, blobs: Pick<BlobReader, "read">): readonly string[] | null {
	const after = entriesOf(now, blobs);
	if (after === null) return null;
	const before = entriesOf(was, blobs) ?? new Map<string, string>();
	return [...after].flatMap(([name, value]) => (before.get(name) === value ? [] : [name])).toSorted();
}

function entriesOf(node: TreeNode | null, blobs: Pick<BlobReader, "read">): ReadonlyMap<string, string> | null {
	if (node === null) return new Map();
	if (node.kind !== "file" || node.size > bytesMax) return null;
	const document = parse(Buffer.from(blobs.read(node.content)).toString("utf8"));
	if (typeof document !== "object" || document === null || Array.isArray(document)) return null;
	const entries = new Map<string, string>();
	for (const part of parts) {
		if (!Object.hasOwn(document, part)) continue;
		const value: unknown = Reflect.get(document, part);
		if (part === "scripts" && typeof value === "object" && value !== null) {
			for (const [name, script] of Object.entries(value)) entries.set(`scripts.${name}`, JSON.stringify(script));
		} else entries.set(part, JSON.stringify(value));
	}
	return entries;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
