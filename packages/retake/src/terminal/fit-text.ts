import stringWidth from "string-width";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Cuts text to a width in columns; what was cut is shown by `…`. The text holds no escape sequences. */
export function cutText(text: string, width: number): string {
	// A text of megabytes is not measured to its end: no grapheme that is shown has so many characters.
	if (text.length > 64 * (width + 1)) return width > 0 ? `${cutText(text.slice(0, 64 * width), width - 1)}…` : "";
	if (stringWidth(text) <= width) return text;
	let kept = "";
	let used = 0;
	for (const { segment } of graphemes.segment(text)) {
		const next = used + stringWidth(segment);
		if (next > width - 1) break;
		kept += segment;
		used = next;
	}
	return width > 0 ? `${kept}…` : "";
}

/** Cuts or pads text to exactly a width in columns. */
export function fitText(text: string, width: number, align: "left" | "right" = "left"): string {
	const cut = cutText(text, width);
	const padding = " ".repeat(Math.max(0, width - stringWidth(cut)));
	return align === "left" ? cut + padding : padding + cut;
}
