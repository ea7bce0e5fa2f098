const unitsOfTime = [
	{ unit: "s", perMs: 1e-3 },
	{ unit: "ms", perMs: 1 },
	{ unit: "µs", perMs: 1e3 },
] as const;

/** Formats milliseconds with three digits that count, in the unit that suits them. */
export function formatTime(milliseconds: number): string {
	const { unit, perMs } = unitsOfTime.find((candidate) => milliseconds * candidate.perMs >= 1) ?? unitsOfTime[2];
	return `${formatNumber(milliseconds * perMs)} ${unit}`;
}

/** Formats a number with about three digits that count. */
export function formatNumber(value: number): string {
	const magnitude = Math.abs(value);
	if (magnitude >= 100) return Math.round(value).toLocaleString("en-US");
	return value.toFixed(magnitude >= 10 ? 1 : 2);
}
