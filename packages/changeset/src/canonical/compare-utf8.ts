const surrogateFirst = 0xd800;
const surrogateLast = 0xdfff;

/** Lifts surrogates above U+E000…U+FFFF, where the UTF-8 bytes of what they encode stand. */
function rank(unit: number): number {
	return unit >= surrogateFirst && unit <= surrogateLast ? unit + 0x10000 : unit;
}

/** Compares two well-formed strings by their UTF-8 bytes, without encoding them: negative, zero or positive. */
export function compareUtf8(left: string, right: string): number {
	const shorter = Math.min(left.length, right.length);
	for (let index = 0; index < shorter; index++) {
		const leftUnit = left.charCodeAt(index);
		const rightUnit = right.charCodeAt(index);
		if (leftUnit !== rightUnit) return rank(leftUnit) - rank(rightUnit);
	}
	return left.length - right.length;
}
