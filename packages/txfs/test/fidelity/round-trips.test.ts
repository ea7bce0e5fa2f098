import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { needs } from "@retake/testkit";
import { describe, expect, test } from "vitest";
import { omissions, type RoundTripOptions, type RoundTripReport, roundTrips } from "./round-trips.ts";

// F1: `RETAKE_TREES=10000` makes all that are promised; the tests of every day make a sample of the same seeds.
const trees = Number(process.env["RETAKE_TREES"] ?? 40);
const owner = process.geteuid?.() === 0 ? { uid: 61_234, gid: 61_234 } : null;

describe("random trees through capture, store and apply, by overlay and memory", () => {
	test(`come back whole: ${trees} from seed 1`, async () => {
		const report = await roundTrips({ count: trees, seed: 1, owner });
		process.stdout.write(`F1: ${report.trees} trees of ${report.paths} paths, ${report.different} different\n`);
		expect(report.first).toEqual([]);
		expect(report).toMatchObject({ trees, different: 0 });
		// Proof that there was something to keep.
		expect(report.paths).toBeGreaterThan(trees * 2);
	}, 7_200_000);

	test(`come back whole as an ordinary user: ${trees} from seed 1`, { ...needs("root"), timeout: 7_200_000 }, () => {
		const options: RoundTripOptions = { count: trees, seed: 1, owner: null };
		const program = join(import.meta.dirname, "round-trips-process.ts");
		const argv = [
			"--reuid=61234",
			"--regid=61234",
			"--clear-groups",
			process.execPath,
			program,
			JSON.stringify(options),
		];
		const report = JSON.parse(execFileSync("setpriv", argv, { encoding: "utf8" })) as RoundTripReport;
		process.stdout.write(
			`F1, ordinary user: ${report.trees} trees of ${report.paths} paths, ${report.different} different\n`,
		);
		expect(report).toMatchObject({ trees, different: 0, first: [] });
	});

	test.each(omissions)("control: without %s they do not", async (omit) => {
		const { trees: made, different } = await roundTrips({ count: 12, seed: 1, owner, omit });
		expect(made).toBe(12);
		expect(different).toBeGreaterThan(0);
	});
});
