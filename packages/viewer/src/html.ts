/** Markup that is safe to write as it stands: only `html` and `raw` make it. */
export class Html {
	readonly markup: string;

	constructor(markup: string) {
		this.markup = markup;
	}

	toString(): string {
		return this.markup;
	}
}

/** What may stand in a template: text, which is escaped, and markup, which is not. */
export type HtmlPart = string | number | Html | null | readonly HtmlPart[];

/**
 * Builds markup from a template. Whatever is put in is escaped for text and for attributes in double quotes, unless it is markup already:
 * escaping is not something that one can forget. Null is nothing.
 */
export function html(template: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
	let markup = template[0] ?? "";
	for (const [index, part] of parts.entries()) markup += written(part) + (template[index + 1] ?? "");
	return new Html(markup);
}

/** Vouches for markup that this package has written itself: its style sheet, its program. */
export function raw(markup: string): Html {
	return new Html(markup);
}

function written(part: HtmlPart): string {
	if (part === null) return "";
	if (part instanceof Html) return part.markup;
	return typeof part === "object" ? part.map(written).join("") : escapeHtml(String(part));
}

const entities: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

/** What a browser would hide or reorder rather than show; line breaks and tabs are layout. */
const unshowable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

function escapeHtml(text: string): string {
	return text
		.replace(unshowable, (character) => {
			if (character === "\n" || character === "\t") return character;
			const point = character.codePointAt(0) ?? 0;
			return point < 0x100 ? `\\x${point.toString(16).padStart(2, "0")}` : `\\u{${point.toString(16)}}`;
		})
		.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
