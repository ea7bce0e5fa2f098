import { RetakeError } from "@retake/base";

/** One file of a root that is being put together; hard links share it. */
export interface ModelFile {
	readonly kind: "file";
	readonly mode: number;
	/** Seconds since 1970. */
	readonly modifiedAt: number;
	/** Where its bytes are: the position of the layer, and of the entry in it. */
	readonly layer: number;
	readonly entry: number;
}

/** A symbolic link; its target is text and is not followed. */
export interface ModelLink {
	readonly kind: "link";
	readonly target: string;
	readonly modifiedAt: number;
	readonly layer: number;
}

/** A directory and what is in it. */
export interface ModelDirectory {
	readonly kind: "directory";
	mode: number;
	modifiedAt: number;
	readonly children: Map<string, ModelNode>;
}

/** What a root is made of. Devices, sockets and pipes are no part of it. */
export type ModelNode = ModelFile | ModelLink | ModelDirectory;

/** What a layer says of one path. */
export interface LayerEntry {
	readonly path: string;
	readonly type: string;
	readonly mode: number;
	readonly modifiedAt: number;
	readonly linkTarget: string;
	readonly layer: number;
	readonly entry: number;
}

/** Longest chain of symbolic links that a path may lead over, as in Linux. */
const linksMax = 40;
/** Bits of a mode that are kept: nobody but its owner may write, and nothing runs as anybody else. */
const modeMask = 0o755;

/**
 * A root put together in memory from layers, lowest first. Paths are resolved in the model alone, so that no link in an archive can
 * lead outside of what is written.
 */
export class RootModel {
	readonly top: ModelDirectory = newDirectory();

	/** Takes up one entry of a layer. Throws `IMAGE_DAMAGED` for a path that leads out, or a hard link to nothing. */
	add(entry: LayerEntry): void {
		const names = namesOf(entry.path);
		const name = names.pop();
		if (name === undefined) return;
		const parent = this.#directory(names);
		if (name === ".wh..wh..opq") return this.#empty(parent, entry.layer);
		if (name.startsWith(".wh.")) return void parent.children.delete(name.slice(".wh.".length));
		const { modifiedAt } = entry;
		const mode = entry.mode & modeMask;
		switch (entry.type) {
			case "directory": {
				const known = parent.children.get(name);
				if (known?.kind === "directory") Object.assign(known, { mode, modifiedAt });
				else parent.children.set(name, { ...newDirectory(), mode, modifiedAt });
				return;
			}
			case "file":
			case "contiguous-file":
				parent.children.set(name, { kind: "file", mode, modifiedAt, layer: entry.layer, entry: entry.entry });
				return;
			case "symlink":
				parent.children.set(name, { kind: "link", target: entry.linkTarget, modifiedAt, layer: entry.layer });
				return;
			case "link":
				parent.children.set(name, this.#linked(entry));
				return;
		}
	}

	/** An opaque directory hides what lower layers have in it, not what its own layer has. */
	#empty(directory: ModelDirectory, layer: number): void {
		for (const [name, node] of directory.children) {
			if (node.kind === "directory") this.#empty(node, layer);
			const isOwn = node.kind === "directory" ? node.children.size > 0 : node.layer === layer;
			if (!isOwn) directory.children.delete(name);
		}
	}

	#linked(entry: LayerEntry): ModelNode {
		const names = namesOf(entry.linkTarget);
		const name = names.pop() ?? "";
		const node = this.#directory(names).children.get(name);
		if (node !== undefined && node.kind !== "directory") return node;
		throw damaged(`a hard link leads to what is not there: ${entry.path} -> ${entry.linkTarget}`);
	}

	/** Finds a directory, over symbolic links of the model, and makes what is missing. */
	#directory(names: readonly string[]): ModelDirectory {
		let links = 0;
		const walk = (from: readonly ModelDirectory[], path: readonly string[]): ModelDirectory[] => {
			let stack = [...from];
			for (const name of path) {
				const here = stack.at(-1) ?? this.top;
				if (name === "..") {
					stack = stack.length > 1 ? stack.slice(0, -1) : stack;
					continue;
				}
				let next = here.children.get(name);
				if (next?.kind === "link") {
					links++;
					if (links > linksMax) throw damaged(`too many symbolic links on the way to ${names.join("/")}`);
					const start = next.target.startsWith("/") ? [this.top] : stack;
					stack = walk(
						start,
						next.target.split("/").filter((part) => part !== "" && part !== "."),
					);
					continue;
				}
				if (next?.kind !== "directory") {
					next = newDirectory();
					here.children.set(name, next);
				}
				stack.push(next);
			}
			return stack;
		};
		return walk([this.top], names).at(-1) ?? this.top;
	}
}

function newDirectory(): ModelDirectory {
	return { kind: "directory", mode: 0o755, modifiedAt: 0, children: new Map() };
}

function namesOf(path: string): string[] {
	const names = path.split("/").filter((name) => name !== "" && name !== ".");
	if (names.includes("..") || names.some((name) => name.includes("\0"))) {
		throw damaged(`a path leads out of the image: ${path}`);
	}
	return names;
}

function damaged(message: string): RetakeError {
	return new RetakeError("IMAGE_DAMAGED", message, { remedy: "make the archive again from where it came" });
}
