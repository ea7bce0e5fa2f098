const trailerLine = /^(?:[A-Za-z0-9-]+:\s|\(cherry picked from commit |\s)/;

/**
 * Adds a trailer to a commit's message, as `git interpret-trailers` does: in the last paragraph where that holds nothing but
 * trailers, else in one of its own. The subject is never taken for one.
 */
export function addTrailer(message: string, name: string, value: string): string {
	const text = message.trimEnd();
	const paragraphs = text.split(/\n[ \t]*\n/);
	const last = paragraphs.at(-1)?.split("\n") ?? [];
	const isTrailers = paragraphs.length > 1 && last.every((line) => trailerLine.test(line));
	return `${text}${isTrailers ? "\n" : "\n\n"}${name}: ${value}\n`;
}
