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
