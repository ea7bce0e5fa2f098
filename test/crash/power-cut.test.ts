import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "@retake/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isFull, noteFigures, pointsMax } from "./support/crash-figures.ts";
import { cutPower, lostBy, type PowerPlan, type PowerReport, tornBy } from "./support/power-cuts.ts";

let place = "";
beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-power-"));
});
afterEach(() => rmSync(place, { recursive: true }));

const fileSystems = ["ext4", "xfs"] as const;
// In full, the workloads of the killing sweep too; in the series of several a later commit can lose an earlier one.
const names = isFull() ? (["several", "files", "types"] as const) : (["several"] as const);
const cases = fileSystems.flatMap((fileSystem) => names.map((series) => ({ fileSystem, series })));
const timeout = 3_600_000;

function sweep(plan: Omit<PowerPlan, "pointsMax">, sampled: number): Promise<PowerReport> {
	return cutPower({ ...plan, pointsMax: isFull() ? null : pointsMax(sampled) }, place);
}

type PowerCounts = Readonly<Record<"points" | "blows" | "torn" | "lost" | "litter", number>>;

interface Judged {
	readonly torn: readonly object[];
	readonly lost: readonly object[];
	readonly littered: readonly object[];
	readonly refused: readonly object[];
}

function judge({ cuts }: PowerReport): Judged {
	const littered = cuts.filter(({ litter }) => litter.length > 0);
	const refused = cuts.filter(({ refusal }) => refusal !== null);
	return { torn: tornBy(cuts), lost: lostBy(cuts), littered, refused };
}

function counted({ points, cuts }: PowerReport, { torn, lost, littered }: Judged): PowerCounts {
	return { points, blows: cuts.length, torn: torn.length, lost: lost.length, litter: littered.length };
}

const unharmed: Judged = { torn: [], lost: [], littered: [], refused: [] };

describe("the power is cut", needs("root"), () => {
	test.for(cases)(
		"in commits, $fileSystem, $series: all or nothing, none lost",
		{ timeout },
		async ({ fileSystem, series }, { task }) => {
			const report = await sweep({ during: "commits", series, fileSystem, isStubbed: false }, 6);
			const judged = judge(report);
			const due = report.cuts.filter((cut) => cut.due > 0).length;
			noteFigures(task, {
				id: "R3",
				sweep: `power cut in commits, ${fileSystem}, ${series}`,
				...counted(report, judged),
				isControl: false,
				seen: `${due} cuts after an acknowledgement`,
			});
			expect(judged).toEqual(unharmed);
			expect(due).toBeGreaterThan(0);
			expect(new Set(report.cuts.map(({ held }) => held)).size).toBeGreaterThan(1);
		},
	);

	test.for(fileSystems)(
		"in the recovery, %s: all of the commit is there",
		{ timeout },
		async (fileSystem, { task }) => {
			const report = await sweep({ during: "recovery", series: "types", fileSystem, isStubbed: false }, 3);
			const judged = judge(report);
			noteFigures(task, {
				id: "R3",
				sweep: `power cut in the recovery, ${fileSystem}, types`,
				...counted(report, judged),
				isControl: false,
				seen: "each after a kill half-way",
			});
			expect(judged).toEqual(unharmed);
		},
	);

	test.for(fileSystems)(
		"the control, %s: where no flush does anything, a fifth and more tear or lose",
		{ timeout },
		async (fileSystem, { task }) => {
			const report = await sweep({ during: "commits", series: "several", fileSystem, isStubbed: true }, 6);
			const counts = counted(report, judge(report));
			const harmed = counts.torn + counts.lost;
			noteFigures(task, {
				id: "R3",
				sweep: `control: flushes that do nothing, ${fileSystem}, several`,
				...counts,
				isControl: true,
				seen: `${Math.round((100 * harmed) / counts.blows)} % torn or lost; a fifth must`,
			});
			expect(counts.torn).toBeGreaterThan(0);
			expect(counts.lost).toBeGreaterThan(0);
			expect(harmed).toBeGreaterThan(counts.blows / 5);
		},
	);
});
