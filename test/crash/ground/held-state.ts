import { lstatSync } from "node:fs";
import { join } from "node:path";
import { rawTextFromBytes, type TreeAttributes } from "@retake/changeset";
import { getExtendedAttribute, listExtendedAttributes } from "@retake/linux";
import { stateOf, stateOnDisk } from "./tree-state.ts";
import type { Series } from "./workloads.ts";

/** Tells how many commits of a series a tree holds, attributes and all; -1 for a tree that none of them makes. */
export function heldState({ states, attributes }: Pick<Series, "states" | "attributes">): (root: string) => number {
	const spelled = states.map(stateOf);
	return (root) => {
		const found = stateOnDisk(root);
		return spelled.findIndex((state, index) => state === found && holdsAttributes(root, attributes[index]));
	};
}

function holdsAttributes(root: string, attributes: TreeAttributes | null | undefined): boolean {
	const inodes = new Map<number, bigint>();
	return (attributes?.entries ?? []).every(({ path, mtimeNs, xattrs, extents, linkGroup }) => {
		const at = join(root, path);
		const status = lstatSync(at, { bigint: true });
		if (status.mtimeNs !== mtimeNs) return false;
		if (extents !== null && status.blocks * 512n >= status.size) return false;
		if (linkGroup !== null && status.ino !== (inodes.get(linkGroup) ?? status.ino)) return false;
		if (linkGroup !== null) inodes.set(linkGroup, status.ino);
		const found = listExtendedAttributes(at).filter((name) => name.toString("latin1").startsWith("user."));
		const wanted = new Map(xattrs.map(({ name, value }) => [name, Buffer.from(value)]));
		return (
			found.length === wanted.size &&
			found.every((name) =>
				wanted.get(rawTextFromBytes(name))?.equals(getExtendedAttribute(at, name) ?? Buffer.alloc(0)),
			)
		);
	});
}
