import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { relative } from "node:path";
import { assert, RetakeError } from "@retake/base";
import type { WorkspaceMount, WorkspaceOverlay } from "../sandbox.ts";
import type { Footing } from "./layers-way.ts";
import { mountedPlaces, type Places, placesIn } from "./places.ts";

/** The kernel takes a page of options, the last byte of which is zero. */
const optionBytesMax = 4095;

/** So many layers fit into the options by their short names, whatever their own. */
const layersMax = 250;

/** How a workspace is spelled for the chain, and short names to be removed after the command. */
export interface SpelledWorkspace extends Disposable {
	/** Options of an overlay to be mounted first, before bwrap is started; null where there is none to mount. */
	readonly overlay: string | null;
	/** What makes bwrap put the tree at `/workspace`. */
	readonly words: readonly string[];
}

/** Where the paths of a workspace are reached from. */
export interface WorkspaceContext {
	/** Path by which this process reaches `places.base`. */
	readonly base: string;
	readonly places: Places;
	readonly footing: Footing;
	readonly treesDirectory: string;
	/** Distinguishes the short names of commands that run at once. */
	readonly slot: number;
}

/**
 * Spells a workspace for the mounts of one command: layers by their place inside, snapshots relative to the trees directory,
 * which is the working directory, since the owner may not walk down to it. `userxattr` implies `redirect_dir=nofollow` and
 * `metacopy=off`. Throws `USAGE` for directories elsewhere.
 */
export function spellWorkspace(workspace: WorkspaceMount, context: WorkspaceContext): SpelledWorkspace {
	if (workspace.kind === "overlay") return spellOverlay(workspace, context);
	const inside = relative(placesIn(context.base).layers, workspace.directory);
	if (!isBelow(inside)) throw notOfThisSandbox(workspace.directory);
	return {
		overlay: null,
		words: ["--bind", `${context.places.layers}/${inside}`, "/workspace"],
		[Symbol.dispose]: () => undefined,
	};
}

/** Returns how many layers one overlay takes: bwrap spells each by its whole path. */
export function layersMaxOf({ footing, places, treesDirectory }: Omit<WorkspaceContext, "base" | "slot">): number {
	if (footing.way !== "bwrap") return layersMax;
	const longest = Math.max(places.layers.length, places.trees.length, treesDirectory.length) + longestName;
	return Math.min(layersMax, Math.max(2, Math.floor(optionBytesMax / longest) - 3));
}

/** A snapshot's name, and what bwrap puts before each path. */
const longestName = 96;

function spellOverlay(workspace: WorkspaceOverlay, context: WorkspaceContext): SpelledWorkspace {
	const max = layersMaxOf(context);
	if (workspace.lowers.length === 0 || workspace.lowers.length > max) {
		throw new RetakeError("USAGE", `${workspace.lowers.length} lower directories`, {
			sort: "misuse",
			remedy: `give 1 to ${max}; fold a deeper stack first`,
		});
	}
	const { way } = context.footing;
	if (way === "copy") {
		throw new RetakeError("USAGE", "this sandbox mounts no overlay", {
			sort: "misuse",
			remedy: "begin the transaction as a copy",
		});
	}
	const lowers = workspace.lowers.map((path) => spell(path, context));
	const upper = spell(workspace.upper, context);
	const work = spell(workspace.work, context);
	if (way === "bwrap") {
		// The lowest comes first.
		const sources = lowers.toReversed().flatMap((path) => ["--overlay-src", path]);
		const words = [...sources, "--overlay", upper, work, "/workspace"];
		return { overlay: null, words, [Symbol.dispose]: () => undefined };
	}
	const words = ["--bind", context.places.workspace, "/workspace"];
	const text = optionsText(lowers, upper, work);
	const isPlain = [...lowers, upper, work].every((path) => /^[\w./+@=~-]+$/.test(path));
	if (isPlain && text.length <= optionBytesMax) return { overlay: text, words, [Symbol.dispose]: () => undefined };

	const suffix = context.slot.toString(36);
	const names = `${context.places.names}${suffix}`;
	const directory = `${placesIn(context.base).names}${suffix}`;
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
	return { overlay: short, words, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

function optionsText(lowers: readonly string[], upper: string, work: string): string {
	return `lowerdir=${lowers.join(":")},upperdir=${upper},workdir=${work}`;
}

function spell(path: string, context: WorkspaceContext): string {
	const inside = relative(placesIn(context.base).layers, path);
	if (isBelow(inside)) return `${context.places.layers}/${inside}`;
	const tree = relative(context.treesDirectory, path);
	if (!isBelow(tree)) throw notOfThisSandbox(path);
	if (context.footing.way !== "bwrap") return tree;
	// Where nothing could be mounted, the trees are reached as they are.
	return context.places.base === mountedPlaces.base ? `${context.places.trees}/${tree}` : path;
}

function isBelow(path: string): boolean {
	return path !== "" && path !== ".." && !path.startsWith("../");
}

function notOfThisSandbox(path: string): RetakeError {
	return new RetakeError("USAGE", `not a layer of this sandbox: ${path}`, {
		sort: "misuse",
		remedy: "keep layers and plain trees under layerSpace.root and snapshots under treesDirectory",
	});
}
