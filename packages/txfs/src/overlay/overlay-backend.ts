import { assert, RetakeError } from "@retake/base";
import { type Blobs, emptyAttributes, type TreeReader } from "@retake/changeset";
import { fileSystemBytes } from "../disk/file-system-bytes.ts";
import type { FileSystemOptions } from "../file-system/transaction-view.ts";
import type { LayerSpace, TreeOwner } from "../layer-space.ts";
import type { Snapshot } from "../snapshot.ts";
import type { LayerBackend, OpenLayer } from "../transaction/layered-transaction.ts";
import type { TreeState } from "../transaction/tree-state.ts";
import type { OverlayMount, WritableLayer } from "../transaction.ts";
import { applyToLayer } from "../tree/apply-to-layer.ts";
import { captureLayer } from "./capture-layer.ts";
import { foldLayers } from "./fold-layers.ts";
import { LayerDirectories, type LayerDirectory } from "./layer-directories.ts";
import { LayerStack } from "./layer-stack.ts";
import { LayerWriter } from "./layer-writer.ts";
import { type PartOptions, partLinks, partLinksOver } from "./part-links.ts";

/** What an overlay transaction is begun with. */
export interface OverlayOptions {
	readonly snapshot: Snapshot;
	/** Asked at the first step, once. */
	readonly space: () => Promise<LayerSpace> | LayerSpace;
	/** Who owns all that is written; null where that is this process's own user. */
	readonly owner: TreeOwner | null;
	readonly blobs: Blobs;
	/** How long the files of one layer may be together, holes and every name of a hard link counted; by default what its file system holds. */
	readonly logicalBytesMax?: number;
	/** How `transaction.fs` shows the tree. */
	readonly fileSystem?: FileSystemOptions;
}

/** Keeps each step in a directory that the kernel can mount as an overlay's layer. Shared by a transaction and its forks. */
export class OverlayBackend implements LayerBackend<LayerDirectory> {
	readonly name = "overlay";
	readonly base: Snapshot;
	readonly blobs: Blobs;
	readonly #options: OverlayOptions;
	#directories: Promise<LayerDirectories> | null = null;

	constructor(options: OverlayOptions) {
		this.#options = options;
		this.base = options.snapshot;
		this.blobs = options.blobs;
	}

	async open(state: TreeState<LayerDirectory>): Promise<OpenLayer<LayerDirectory>> {
		const directories = await (this.#directories ??= this.#askForSpace());
		const lowers = this.#lowersOf(state, directories);
		const layer = directories.make();
		const mount: OverlayMount = { kind: "overlay", lowers, upper: layer.directory, work: layer.work };
		const { blobs, logicalBytesMax } = this.#options;
		return {
			writable: this.#writable(layer.directory, state.tree, mount),
			freeze: async () => {
				const { isEmpty, ...captured } = await captureLayer(layer.directory, state.tree, blobs, logicalBytesMax);
				if (!isEmpty) return { ...captured, layer: this.#frozen(layer, directories) };
				layer.drop();
				return { ...captured, layer: null };
			},
			drop: () => layer.drop(),
		};
	}

	/** Layers are shared with forks, and freed with the states that they belong to. */
	fork(): this {
		return this;
	}

	close(): void {}

	async #askForSpace(): Promise<LayerDirectories> {
		return new LayerDirectories(await this.#options.space(), this.#options.owner);
	}

	#writable(directory: string, below: TreeReader, mount: OverlayMount): WritableLayer {
		const { blobs, owner } = this.#options;
		const attributesBelow = new LayerStack(mount.lowers);
		const open = (): LayerWriter => new LayerWriter({ directory, below, owner, attributesBelow });
		return {
			mount,
			writeFile(path, bytes, mode) {
				using writer = open();
				writer.writeFile(path, bytes, mode);
			},
			apply(changeset, attributes = emptyAttributes) {
				using writer = open();
				applyToLayer(writer, { changeset, attributes }, below, blobs);
			},
		};
	}

	/** Puts a layer that was captured to rest as what others will be mounted on. */
	#frozen(layer: LayerDirectory, { space }: LayerDirectories): LayerDirectory {
		if (space.joinsNames) partLinks(layer.directory, this.#partOptions(layer));
		return layer.freeze();
	}

	/** The read-only layers of a mount over a state; a stack that one mount cannot take is folded into one layer first. */
	#lowersOf(state: TreeState<LayerDirectory>, directories: LayerDirectories): readonly string[] {
		const { layersMax } = directories.space;
		const layers = stackOf(state);
		const base = this.#baseOf(state, directories);
		if (layers.length + base.length <= layersMax) return [...layers.map(({ directory }) => directory), ...base];
		if (base.length + 1 > layersMax) throw tooManyLayers(base.length, layersMax);
		assert(state.folded === null, "a folded state is one layer deep");
		const changes = { changeset: state.changes(), attributes: state.attributes() };
		state.folded = filled(directories.make(), (into) => {
			foldLayers(changes, layers, this.base, into, this.#options);
			return this.#frozen(into, directories);
		});
		return [state.folded.directory, ...base];
	}

	/** The layers of the base: where names are joined, with one over them that takes theirs apart, kept as long as a state of this base is. */
	#baseOf(state: TreeState<LayerDirectory>, directories: LayerDirectories): readonly string[] {
		if (!directories.space.joinsNames || this.base.sharedNames().length === 0) return this.base.layers;
		const root = rootOf(state);
		root.folded ??= filled(directories.make(), (into) => {
			partLinksOver(this.base, into.directory, this.#partOptions(into));
			return into.freeze();
		});
		return [root.folded.directory, ...this.base.layers];
	}

	#partOptions({ directory }: LayerDirectory): PartOptions {
		const { owner, logicalBytesMax } = this.#options;
		return { owner, bytesMax: logicalBytesMax ?? fileSystemBytes(directory) };
	}
}

/** Fills a fresh layer, which is dropped where that fails. */
function filled(into: LayerDirectory, fill: (into: LayerDirectory) => LayerDirectory): LayerDirectory {
	try {
		return fill(into);
	} catch (error) {
		into.drop();
		throw error;
	}
}

function rootOf(state: TreeState<LayerDirectory>): TreeState<LayerDirectory> {
	let at = state;
	while (at.parent !== null) at = at.parent;
	return at;
}

/** The layers of a state's steps, uppermost first. */
function stackOf(state: TreeState<LayerDirectory>): readonly LayerDirectory[] {
	const layers: LayerDirectory[] = [];
	for (let at = state; at.parent !== null; at = at.parent) {
		if (at.folded !== null) return [...layers, at.folded];
		if (at.layer !== null) layers.push(at.layer);
	}
	return layers;
}

function tooManyLayers(count: number, layersMax: number): RetakeError {
	return new RetakeError(
		"LIMIT_EXCEEDED",
		`the snapshot has ${count} layers; one mount takes ${layersMax} with the writable one`,
		{
			data: { limit: "layersMax", maximum: layersMax, count },
			remedy: "take a fresh snapshot of the workspace",
		},
	);
}
