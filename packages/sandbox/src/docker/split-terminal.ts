import type { Splitting } from "./deliver-frames.ts";

/** Takes what a terminal shows for standard output, but for the launcher's last byte: `through` is called when it came. */
export function splitTerminal(through: () => void): Splitting {
	return (sink) => {
		let isThrough = false;
		return (chunk) => {
			const shown = isThrough ? chunk : chunk.subarray(1);
			if (!isThrough) through();
			isThrough = true;
			if (shown.length > 0) sink("stdout", shown);
		};
	};
}
