import type { FailureCode } from "./system-error.ts";
import type { ViewLink } from "./view-link.ts";

const nameBytesMax = 255;
const pathBytesMax = 4095;
const linksFollowedMax = 40;

/** What a path leads to: the directory, the name in it and what is there, or why it leads nowhere. */
export type ResolvedPath =
	| {
			readonly kind: "found";
			readonly parent: ViewLink;
			/** `.`, `..` or `/` where the path ends in one of them. */
			readonly name: string;
			/** Undefined where the last name is not there. */
			readonly link: ViewLink | undefined;
			/** Whether the path ends in a slash, so that only a directory can be meant. */
			readonly wantsDirectory: boolean;
	  }
	| { readonly kind: "failed"; readonly code: FailureCode };

/** Where paths begin. */
export interface PathRoots {
	readonly root: ViewLink;
	/** Absolute; where relative paths begin. */
	readonly workingDirectory: string;
}

/** Whether the last component is followed where it is a link: always, where a slash comes after it, where none does, or never. */
export type FollowLast = "always" | "before-slash" | "unless-slash" | "never";

/**
 * Resolves a path as the kernel does, component by component: `..` goes to the real parent and links on the way are followed.
 * Source: path_resolution(7).
 */
export function resolvePath(roots: PathRoots, path: string, followLast: FollowLast): ResolvedPath {
	if (path === "") return { kind: "failed", code: "ENOENT" };
	if (path.length * 3 > pathBytesMax && Buffer.byteLength(path) > pathBytesMax)
		return { kind: "failed", code: "ENAMETOOLONG" };
	let wantsDirectory = path.endsWith("/");
	const waiting = componentsOf(path.startsWith("/") ? path : `${roots.workingDirectory}/${path}`);
	let current = roots.root;
	let last = "/";
	let followed = 0;
	for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
		const node = current.viewNode;
		if (!node.isDirectory()) return { kind: "failed", code: "ENOTDIR" };
		if (!node.canExecute()) return { kind: "failed", code: "EACCES" };
		last = name;
		if (name === ".") continue;
		if (name === "..") {
			current = (current.parent as ViewLink | undefined) ?? current;
			continue;
		}
		if (name.length * 3 > nameBytesMax && Buffer.byteLength(name) > nameBytesMax)
			return { kind: "failed", code: "ENAMETOOLONG" };
		const child = current.getChild(name) as ViewLink | undefined;
		const isLast = waiting.length === 0;
		if (child === undefined) {
			if (!isLast) return { kind: "failed", code: "ENOENT" };
			return { kind: "found", parent: current, name, link: undefined, wantsDirectory };
		}
		if (child.viewNode.isSymlink() && (!isLast || followsLast(followLast, wantsDirectory))) {
			if (++followed > linksFollowedMax) return { kind: "failed", code: "ELOOP" };
			const target = child.viewNode.symlink;
			if (target.startsWith("/")) current = roots.root;
			waiting.push(...componentsOf(target));
			if (isLast && target.endsWith("/")) wantsDirectory = true;
			continue;
		}
		if (isLast) return { kind: "found", parent: current, name, link: child, wantsDirectory };
		current = child;
	}
	const parent = (current.parent as ViewLink | undefined) ?? current;
	return { kind: "found", parent, name: last, link: current, wantsDirectory };
}

function followsLast(follow: FollowLast, hasSlash: boolean): boolean {
	if (follow === "always" || follow === "never") return follow === "always";
	return hasSlash === (follow === "before-slash");
}

/** The components of a path, the first one last. */
function componentsOf(path: string): string[] {
	return path
		.split("/")
		.filter((component) => component !== "")
		.reverse();
}
