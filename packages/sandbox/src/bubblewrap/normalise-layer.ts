import { chmodSync, constants, openSync, readdirSync } from "node:fs";
import {
	fileStatus,
	getExtendedAttribute,
	O_PATH,
	OpenDescriptor,
	openBeneath,
	setExtendedAttribute,
	unlinkAt,
} from "@retake/linux";

/** How fuse-overlayfs marks a directory that hides what is below: an attribute, and for those that have none two names. */
const fuseAttribute = "user.fuseoverlayfs.opaque";
const fuseNames = [".wh..opq", ".wh..wh..opq"];

/** Deeper than this no path can be spelled, and the capture refuses the tree. */
const depthMax = 2100;

/**
 * Rewrites the marks of fuse-overlayfs in a layer at rest as those of the kernel's overlay, which is what layers are read by.
 * Whiteouts are the kernel's already. Follows no link. Throws `SystemCallError`.
 */
export function normaliseLayer(layer: string): void {
	using root = new OpenDescriptor(openSync(layer, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
	normaliseDirectory(root.descriptor, 0);
}

function normaliseDirectory(descriptor: number, depth: number): void {
	const path = `/proc/self/fd/${descriptor}`;
	const { mode } = fileStatus(descriptor);
	const isClosed = (mode & 0o700) !== 0o700;
	if (isClosed) chmodSync(path, mode | 0o700);
	const entries = readdirSync(Buffer.from(path), { withFileTypes: true, encoding: "buffer" });
	if (getExtendedAttribute(`${path}/.`, fuseAttribute)?.toString() === "y") {
		setExtendedAttribute(`${path}/.`, "user.overlay.opaque", Buffer.from("y"));
		for (const { name } of entries) if (fuseNames.includes(name.toString("latin1"))) unlinkAt(descriptor, name);
	}
	if (depth < depthMax) {
		for (const entry of entries) {
			if (!entry.isDirectory()) continue;
			using child = openChild(descriptor, entry.name);
			normaliseDirectory(child.descriptor, depth + 1);
		}
	}
	if (isClosed) chmodSync(path, mode);
}

function openChild(parent: number, name: Buffer): OpenDescriptor {
	return new OpenDescriptor(openBeneath(parent, name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
}
