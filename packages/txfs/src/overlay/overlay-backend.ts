import { assert, RetakeError } from "@retake/base";
import { type Blobs, emptyAttributes, type TreeReader } from "@retake/changeset";
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
				if (!isEmpty) return { ...captured, layer: layer.freeze() };
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

	/** The read-only layers of a mount over a state; a stack that one mount cannot take is folded into one layer first. */
	#lowersOf(state: TreeState<LayerDirectory>, directories: LayerDirectories): readonly string[] {
		const { layersMax } = directories.space;
		const layers = stackOf(state);
		const base = this.base.layers;
		if (layers.length + base.length <= layersMax) return [...layers.map(({ directory }) => directory), ...base];
		if (base.length + 1 > layersMax) throw tooManyLayers(base.length, layersMax);
		assert(state.folded === null, "a folded state is one layer deep");
		state.folded = foldLayers(
			{ changeset: state.changes(), attributes: state.attributes() },
			layers,
			this.base,
			directories.make(),
			this.#options,
		);
		return [state.folded.directory, ...base];
	}
}

function stackOf(state: TreeState<LayerDirectory>): readonly LayerDirectory[] {
	const layers: LayerDirectory[] = [];
	for (let at: TreeState<LayerDirectory> | null = state; at !== null; at = at.parent) {
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
