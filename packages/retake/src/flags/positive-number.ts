import { InvalidArgumentError } from "commander";

/** Reads a positive number. Throws commander's own error for anything else. */
export function positiveNumber(text: string): number {
	const value = Number(text);
	if (Number.isFinite(value) && value > 0) return value;
	throw new InvalidArgumentError("It must be a number above 0.");
}

/** Reads a number that is not negative. Throws commander's own error for anything else. */
export function numberFromZero(text: string): number {
	const value = Number(text);
	if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
	throw new InvalidArgumentError("It must be a number, 0 or above.");
}

/** Reads a positive whole number. Throws commander's own error for anything else. */
export function positiveInteger(text: string): number {
	const value = positiveNumber(text);
	if (Number.isSafeInteger(value)) return value;
	throw new InvalidArgumentError("It must be a whole number above 0.");
}

/** Reads a whole number that is not negative. Throws commander's own error for anything else. */
export function wholeNumber(text: string): number {
	const value = Number(text);
	if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
	throw new InvalidArgumentError("It must be a whole number, 0 or above.");
}
