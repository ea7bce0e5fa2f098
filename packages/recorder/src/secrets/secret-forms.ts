/**
 * Lists the spellings in which a secret's bytes may turn up: raw, JSON-escaped, percent-encoded, hexadecimal, and base64 at
 * each of the three alignments that it can have inside something longer. Longest first; each is ASCII or the secret itself.
 */
export function secretForms(value: string): readonly string[] {
	const bytes = Buffer.from(value, "utf8");
	const hexadecimal = bytes.toString("hex");
	const percent = encodeURIComponent(value);
	const forms = new Set([
		value,
		JSON.stringify(value).slice(1, -1),
		percent,
		percent.replaceAll("%20", "+"),
		percent.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
		hexadecimal,
		hexadecimal.toUpperCase(),
	]);
	for (const offset of [0, 1, 2]) {
		const inside = base64Inside(bytes, offset);
		forms.add(inside);
		forms.add(inside.replaceAll("+", "-").replaceAll("/", "_"));
	}
	return [...forms].sort((left, right) => right.length - left.length);
}

/** The base64 characters that depend on nothing but the secret when `offset` bytes of something else precede it. */
function base64Inside(bytes: Buffer, offset: number): string {
	const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
	const first = Math.ceil((offset * 8) / 6);
	const end = Math.floor(((offset + bytes.byteLength) * 8) / 6);
	return text.slice(first, end);
}
