import { RetakeError } from "@retake/base";

/** What the kernel takes of one mount's options: a page less the byte that ends it. */
const mountOptionsBytesMax = 4095;

/** Throws `LIMIT_EXCEEDED` where the options of a stack of layers are longer than the kernel takes. */
export function assertFits(options: string, layers: number): void {
	const bytes = Buffer.byteLength(options);
	if (bytes <= mountOptionsBytesMax) return;
	throw new RetakeError("LIMIT_EXCEEDED", `a stack of ${layers} layers needs ${bytes} bytes of options`, {
		data: { bytes, bytesMax: mountOptionsBytesMax, layers },
		remedy: "fold the stack: layerSpace.layersMax says how many layers one mount takes",
	});
}

/** Layers that one mount takes beside the snapshot's own: each is named by `/proc/self/fd/N`, with N up to five digits. */
export const layersMax = 190;

/** Writes the options of an overlay that a daemon mounts for a container. Throws `LIMIT_EXCEEDED` where they do not fit into a page. */
export function overlayOptions(lowers: readonly string[], upper: string, work: string): string {
	const options = `nosuid,nodev,userxattr,lowerdir=${lowers.join(":")},upperdir=${upper},workdir=${work}`;
	assertFits(options, lowers.length);
	return options;
}

/** Returns how many layers fit beside a snapshot's own where each is named by a path of so many bytes. */
export function layersThatFit(pathBytes: number): number {
	const fixedBytes = 80 + (2 + snapshotLayers) * (pathBytes + 1);
	return Math.max(1, Math.floor((mountOptionsBytesMax - fixedBytes) / (pathBytes + 1)));
}

const snapshotLayers = 4;
