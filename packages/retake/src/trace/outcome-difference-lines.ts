import { addressKey } from "@retake/recorder";
import type { VerifyDifference } from "@retake/runtime";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";
import type { Paint } from "../verb.ts";
import { firstDifferingLine } from "./diff/differing-line.ts";
import { showDifference } from "./diff/hunk-sides.ts";

/** Says in what a call came out otherwise than on record: the first line in which the two differ, one below the other. */
export function outcomeDifferenceLines(
	{ address, tool, field, cause, recorded, actual }: VerifyDifference,
	columns: number,
	paint: Paint,
): string[] {
	const isOutput = field === "stdout" || field === "stderr";
	const [was, now] = [recorded, actual].map((text) => (isOutput ? textOfBytes(Buffer.from(text, "latin1")) : text));
	const line = firstDifferingLine(was ?? "", now ?? "");
	const [left, right] = showDifference(
		escapeText(line?.a ?? was ?? ""),
		escapeText(line?.b ?? now ?? ""),
		columns - "    recorded  ".length,
	);
	const place = line === null ? "" : `, line ${line.line}`;
	return [
		`  call ${addressKey(address)}, ${escapeText(tool)}: ${field}${place} differs (${cause})`,
		paint.red(cutText(`    recorded  ${left}`, columns)),
		paint.green(cutText(`    actual    ${right}`, columns)),
	];
}
