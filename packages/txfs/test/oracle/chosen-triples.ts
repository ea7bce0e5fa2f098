/** How many triples of operations there are for each that is tried, where not every one is asked for. */
const triplesPerSample = 32;

/** Tells whether a triple is tried, by its number: every one with RETAKE_ORACLE=every, else an even sample. */
export function isChosenTriple(number: number): boolean {
	return process.env["RETAKE_ORACLE"] === "every" || number % triplesPerSample === 0;
}
