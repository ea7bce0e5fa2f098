/** Writes words as they would be typed into a shell; those that need it are quoted. */
export function shellWords(words: readonly string[]): string {
	return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
