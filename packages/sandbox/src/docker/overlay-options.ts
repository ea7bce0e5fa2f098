import { RetakeError } from "@retake/base";
import type { WorkspaceOverlay } from "../sandbox.ts";

/** What the kernel takes of one mount's options: a page less the byte that ends it. */
export const mountOptionsBytesMax = 4095;

/**
 * Writes the options of an overlay mount. Throws `LIMIT_EXCEEDED` where the stack of layers does not fit into the page that
 * the kernel takes.
 */
export function overlayOptions(workspace: WorkspaceOverlay): string {
	const options = [
		"nosuid,nodev,userxattr",
		`lowerdir=${workspace.lowers.map(escapeLower).join(":")}`,
		`upperdir=${escapeComma(workspace.upper)}`,
		`workdir=${escapeComma(workspace.work)}`,
	].join(",");
	const bytes = Buffer.byteLength(options);
	if (bytes > mountOptionsBytesMax) {
		throw new RetakeError(
			"LIMIT_EXCEEDED",
			`a stack of ${workspace.lowers.length} layers needs ${bytes} bytes of options`,
			{
				data: { bytes, bytesMax: mountOptionsBytesMax, layers: workspace.lowers.length },
				remedy: "fold the stack: layerSpace.layersMax says how many layers one mount takes",
			},
		);
	}
	return options;
}

/**
 * Returns how many layers are certain to fit beside the snapshot's own, where a layer's path is at most `layerNameBytes` longer
 * than the layer space's root.
 */
export function layersThatFit(root: string, treesDirectory: string): number {
	const layerBytes = Buffer.byteLength(root) + layerNameBytes;
	const snapshotBytes = snapshotLayers * (Buffer.byteLength(treesDirectory) + snapshotNameBytes);
	const fixedBytes = 80 + 2 * layerBytes;
	return Math.max(1, Math.floor((mountOptionsBytesMax - fixedBytes - snapshotBytes) / layerBytes));
}

const layerNameBytes = 24;
const snapshotNameBytes = 80;
const snapshotLayers = 4;

function escapeLower(path: string): string {
	return escapeComma(path).replaceAll(":", "\\:");
}

function escapeComma(path: string): string {
	return path.replaceAll("\\", "\\\\").replaceAll(",", "\\,");
}
