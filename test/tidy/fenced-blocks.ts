/** One fenced block of a Markdown file. */
export interface FencedBlock {
	/** What follows the opening fence: `sh`, `ts`, or nothing. */
	readonly language: string;
	readonly text: string;
	/** Line of the opening fence, from 1. */
	readonly line: number;
}

/** Reads the fenced blocks of a Markdown text in order. Throws where a fence is never closed. */
export function readFencedBlocks(markdown: string): FencedBlock[] {
	const blocks: FencedBlock[] = [];
	let open: { readonly language: string; readonly line: number; readonly lines: string[] } | null = null;
	for (const [index, line] of markdown.split("\n").entries()) {
		const fence = /^```\s*([^\s`]*)/.exec(line);
		if (fence === null) open?.lines.push(line);
		else if (open === null) open = { language: fence[1] ?? "", line: index + 1, lines: [] };
		else {
			blocks.push({ language: open.language, line: open.line, text: open.lines.join("\n") });
			open = null;
		}
	}
	if (open !== null) throw new Error(`the block that opens in line ${open.line} is never closed`);
	return blocks;
}

/** Lists the commands of a shell block: comments, prompts and continuation lines resolved. */
export function commandsOf(block: FencedBlock): string[] {
	return block.text
		.replaceAll(/\\\n\s*/g, " ")
		.split("\n")
		.map((line) =>
			line
				.replace(/^\$ /, "")
				.replace(/\s+#\s.*$/, "")
				.trim(),
		)
		.filter((line) => line !== "" && !line.startsWith("#"));
}
