/** Cuts a text in its middle, where it is longer than may be returned, and says how much was left out. */
export function fitText(text: string, charactersMax: number): { readonly text: string; readonly cut: boolean } {
	if (text.length <= charactersMax) return { text, cut: false };
	const head = Math.floor(charactersMax / 2);
	const tail = charactersMax - head;
	const left = text.length - charactersMax;
	const middle = `\n… ${left} characters left out …\n`;
	return { text: `${text.slice(0, head)}${middle}${text.slice(-tail)}`.toWellFormed(), cut: true };
}
