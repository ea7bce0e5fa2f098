/** Compares what a page says that commands print with what they print here. */
export interface TranscriptReader {
	/** Says how they differ, or returns null. A line `…` of the page stands for any number of lines. */
	mismatch(shown: string, printed: string): string | null;
	/** Puts the run ids of this machine in place of those of the page that they turned out to be. */
	asHere(text: string): string;
}

const runId = /\b1[0-9a-hjkmnp-tv-z]{15}\b/g;

/** What differs from one time to the next. The run ids are looked at apart. */
const volatile: readonly (readonly [RegExp, string])[] = [
	[runId, "RUN"],
	[/\b[0-9a-f]{64}\b/g, "HASH"],
	[/\b[0-9a-f]{12}\b/g, "COMMIT"],
	[/\b[0-9.]+ m?s\b/g, "TIME"],
];

function steady(line: string): string {
	return volatile.reduce((text, [pattern, name]) => text.replaceAll(pattern, name), line.trimEnd());
}

/** Makes a reader that remembers which run of the page is which run here: an id that the page repeats must repeat. */
export function createTranscriptReader(): TranscriptReader {
	const here = new Map<string, string>();
	const compareIds = (shown: string, printed: string): string | null => {
		const ours = printed.match(runId) ?? [];
		for (const [index, id] of (shown.match(runId) ?? []).entries()) {
			const found = ours[index] ?? "";
			if (here.has(id) && here.get(id) !== found) return `${found} is another run than the page's ${id}`;
			here.set(id, found);
		}
		return null;
	};
	return {
		mismatch: (shown, printed) => {
			const found = printed.trimEnd().split("\n");
			let next = 0;
			let skips = false;
			for (const line of shown.trimEnd().split("\n")) {
				if (line === "…") {
					skips = true;
					continue;
				}
				const start = next;
				while (skips && next < found.length && steady(found[next] ?? "") !== steady(line)) next++;
				const actual = found[next];
				if (actual === undefined) return `nothing after line ${start} is ${JSON.stringify(line)}`;
				if (steady(actual) !== steady(line))
					return `line ${next + 1} is ${JSON.stringify(actual)}, not ${JSON.stringify(line)}`;
				const other = compareIds(line, actual);
				if (other !== null) return other;
				skips = false;
				next++;
			}
			return skips || next === found.length
				? null
				: `line ${next + 1} is more than the page says: ${JSON.stringify(found[next])}`;
		},
		asHere: (text) => text.replaceAll(runId, (id) => here.get(id) ?? id),
	};
}
