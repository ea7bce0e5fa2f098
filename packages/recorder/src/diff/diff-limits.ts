/** What a diff may spend. Past a limit it answers coarser, never later. */
export const diffLimits = {
	/** Elements visited by the exact alignment, over the whole diff; what is left is aligned by order of occurrence. */
	alignmentSteps: 10_000_000,
	/** Insertions and deletions that one exact search for a common subsequence may need. */
	alignmentEdits: 1_000,
	/** Comparisons of two inputs, over the whole diff; leftovers past it are compared only with their opposite by order. */
	similarityComparisons: 40_000,
	/** Leaves of an input that count towards its likeness to another. */
	similarityLeaves: 32,
	/** Words of one leaf that count. */
	similarityWords: 16,
	/** Characters of one leaf in which words are looked for. */
	similarityCharacters: 1_024,
	/** Bytes on either side up to which an output is shown line by line. */
	textBytes: 4 * 1024 ** 2,
} as const;
