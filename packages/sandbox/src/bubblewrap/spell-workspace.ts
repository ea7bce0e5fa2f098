import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { relative } from "node:path";
import { assert, RetakeError } from "@retake/base";
import type { WorkspaceMount, WorkspaceOverlay } from "../sandbox.ts";
import { places } from "./places.ts";

/** The kernel takes a page of options, the last byte of which is zero. */
const optionBytesMax = 4095;

/** So many layers fit into the options by their short names, whatever their own. */
export const layersMax = 250;

/** How a workspace is spelled inside the holder's namespace, and short names to be removed after the command. */
export interface SpelledWorkspace extends Disposable {
	/** Options of an overlay to be mounted at `source` first; null where there is none to mount. */
	readonly overlay: string | null;
	/** What becomes `/workspace`. */
	readonly source: string;
}

/** Where the paths of a workspace are reached from. */
export interface WorkspaceContext {
	/** Path by which this process reaches `places.base`. */
	readonly base: string;
	readonly treesDirectory: string;
	/** Distinguishes the short names of commands that run at once. */
	readonly slot: number;
}

/**
 * Spells a workspace for the mounts inside the holder's namespace: layers by their place there, snapshots relative to the
 * trees directory, which is the working directory, since the owner may not walk down to it. `userxattr` implies
 * `redirect_dir=nofollow` and `metacopy=off`. Throws `USAGE` for directories elsewhere.
 */
export function spellWorkspace(workspace: WorkspaceMount, context: WorkspaceContext): SpelledWorkspace {
	if (workspace.kind === "overlay") return spellOverlay(workspace, context);
	const source = spell(workspace.directory, context);
	if (!source.startsWith("/")) throw notOfThisSandbox(workspace.directory);
	return { overlay: null, source, [Symbol.dispose]: () => undefined };
}

function spellOverlay(workspace: WorkspaceOverlay, context: WorkspaceContext): SpelledWorkspace {
	const source = places.workspace;
	if (workspace.lowers.length === 0 || workspace.lowers.length > layersMax) {
		throw new RetakeError("USAGE", `${workspace.lowers.length} lower directories`, {
			sort: "misuse",
			remedy: `give 1 to ${layersMax}; fold a deeper stack first`,
		});
	}
	const lowers = workspace.lowers.map((path) => spell(path, context));
	const upper = spell(workspace.upper, context);
	const work = spell(workspace.work, context);
	const text = optionsText(lowers, upper, work);
	const isPlain = [...lowers, upper, work].every((path) => /^[\w./+@=~-]+$/.test(path));
	if (isPlain && text.length <= optionBytesMax) return { overlay: text, source, [Symbol.dispose]: () => undefined };

	const names = `${places.names}${context.slot.toString(36)}`;
	const directory = `${context.base}${names.slice(places.base.length)}`;
	mkdirSync(directory, { mode: 0o755 });
	const rename = (path: string, name: string): string => {
		symlinkSync(path.startsWith("/") ? path : `/proc/self/cwd/${path}`, `${directory}/${name}`);
		return `${names}/${name}`;
	};
	const short = optionsText(
		lowers.map((path, index) => rename(path, index.toString(36))),
		rename(upper, "upper"),
		rename(work, "work"),
	);
	assert(short.length <= optionBytesMax, "short names of layersMax layers fit into the options");
	return {
		overlay: short,
		source,
		[Symbol.dispose]: () => rmSync(directory, { recursive: true }),
	};
}

function optionsText(lowers: readonly string[], upper: string, work: string): string {
	return `userxattr,lowerdir=${lowers.join(":")},upperdir=${upper},workdir=${work}`;
}

function spell(path: string, context: WorkspaceContext): string {
	const layers = `${context.base}${places.layers.slice(places.base.length)}/`;
	if (path.startsWith(layers)) return `${places.layers}/${path.slice(layers.length)}`;
	const tree = relative(context.treesDirectory, path);
	if (tree !== "" && tree !== ".." && !tree.startsWith("../")) return tree;
	throw notOfThisSandbox(path);
}

function notOfThisSandbox(path: string): RetakeError {
	return new RetakeError("USAGE", `not a layer of this sandbox: ${path}`, {
		sort: "misuse",
		remedy: "keep layers and plain trees under layerSpace.root and snapshots under treesDirectory",
	});
}
