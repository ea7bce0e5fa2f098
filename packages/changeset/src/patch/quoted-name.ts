const simpleEscapes: Readonly<Record<string, string>> = {
	a: "\x07",
	b: "\b",
	t: "\t",
	n: "\n",
	v: "\v",
	f: "\f",
	r: "\r",
	'"': '"',
	"\\": "\\",
};

const namesOfEscapes = new Map(Object.entries(simpleEscapes).map(([name, character]) => [character, name]));

/** A name read from quotes, and what follows the closing one. */
export interface QuotedName {
	readonly name: string;
	readonly rest: string;
}

/** Reads a name in C-style quotes, each code unit one byte. Returns null where the text does not begin with one. */
export function readQuotedName(text: string): QuotedName | null {
	if (!text.startsWith('"')) return null;
	let name = "";
	let index = 1;
	while (index < text.length) {
		const character = text.charAt(index);
		if (character === '"') return { name, rest: text.slice(index + 1) };
		if (character !== "\\") {
			name += character;
			index++;
			continue;
		}
		const escaped = text.charAt(index + 1);
		const simple = Object.hasOwn(simpleEscapes, escaped) ? simpleEscapes[escaped] : undefined;
		const octal = /^[0-3][0-7]{2}/.exec(text.slice(index + 1, index + 4))?.[0];
		if (simple !== undefined) name += simple;
		else if (octal !== undefined) name += String.fromCharCode(Number.parseInt(octal, 8));
		else return null;
		index += simple !== undefined ? 2 : 4;
	}
	return null;
}

/** Writes a name, each code unit one byte, as git does: in quotes with escapes where it holds anything but plain ASCII. */
export function writeName(name: string): string {
	const escaped = name.replace(/[^ !#-[\]-~]/g, (character) => {
		const simple = namesOfEscapes.get(character);
		return `\\${simple ?? character.charCodeAt(0).toString(8).padStart(3, "0")}`;
	});
	return escaped === name ? name : `"${escaped}"`;
}
