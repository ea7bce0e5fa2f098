import { type BenchResult, type BenchRow, type BenchSection, isMet, type Target } from "./bench-row.ts";
import { formatNumber, formatTime } from "./format-figures.ts";

const width = 80;
const figureWidth = 10;

/** Renders a row's result as lines of at most 80 columns. */
export function renderRow({ name, title }: BenchRow, { sections, targets, notes }: BenchResult): string {
	const lines = [`${name} · ${title}`, "─".repeat(width)];
	for (const section of sections) lines.push(...sectionLines(section), "");
	for (const target of targets) lines.push(...wrap(targetText(target), "  target: "));
	for (const note of notes) lines.push(...wrap(note, "  note: "));
	return `${lines.join("\n")}\n`;
}

function sectionLines({ title, measurements }: BenchSection): string[] {
	const [reference] = measurements;
	const row = (name: string, figures: readonly string[]): string =>
		`${name.padEnd(width - figureWidth * figures.length)}${figures.map((figure) => figure.padStart(figureWidth)).join("")}`;
	const lines = measurements.map(({ name, medianMs, p95Ms }) => {
		const ratio = medianMs / (reference?.medianMs ?? Number.NaN);
		return row(`  ${name}`, [formatTime(medianMs), formatTime(p95Ms), `${formatNumber(ratio)} ×`]);
	});
	return [row(title, ["median", "p95", "ratio"]), ...lines];
}

/** Says what was measured, what is allowed, and by how much it was met or missed. */
export function targetText(target: Target): string {
	const { text, measured, allowed, unit } = target;
	const share = formatNumber(measured / allowed);
	const verdict = isMet(target)
		? "met"
		: unit === "%"
			? `MISSED by ${formatNumber(measured - allowed)} points`
			: `MISSED, ${share} times that`;
	return `${text}: ${formatNumber(measured)} ${unit} of ${formatNumber(allowed)} ${unit}: ${verdict}`;
}

function wrap(text: string, prefix: string): string[] {
	const lines: string[] = [];
	let line = prefix;
	for (const word of text.split(" ")) {
		if (line.length + word.length > width && line.trim() !== "") {
			lines.push(line.trimEnd());
			line = " ".repeat(prefix.length);
		}
		line += `${word} `;
	}
	return [...lines, line.trimEnd()];
}
