import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandInside, describeMountedTransactions, needs } from "@retake/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { newerBubblewrap } from "../../packages/sandbox/test/newer-bubblewrap.ts";
import { runSuite } from "../../packages/sandbox/test/run-suite.ts";
import { openTransactions } from "../../packages/txfs/test/open-transactions.ts";

const bwrap = process.env["RETAKE_TEST_BWRAP"];

/** It spells each layer by its whole path, and all together must fit in a page. */
const layersMax = 25;

// This file runs itself once more, as an ordinary user who is given a bubblewrap.
if (bwrap !== undefined) describeOn(bwrap);
else {
	describe("transactions of an ordinary user", needs("root"), () => {
		test("pass the suite with programs on bubblewrap's own overlay", { timeout: 600_000 }, async () => {
			const file = "test/e2e/transactions-on-bubblewrap.test.ts";
			expect(await runSuite({ bwrap: newerBubblewrap(), file })).toBeGreaterThan(10);
		});
	});
}

function describeOn(program: string): void {
	const target = mkdtempSync(join(tmpdir(), "retake-bwrap-"));
	afterAll(() => rmSync(target, { recursive: true }));
	test("this process is an ordinary user's", () => expect(process.geteuid?.()).not.toBe(0));
	const inside = onOwnOverlay(program, target);
	describeMountedTransactions("overlay transaction", inside, (base) => openTransactions(base, "overlay", layersMax));
}

function onOwnOverlay(bwrapProgram: string, target: string): CommandInside {
	return (mount, program) => {
		if (mount.kind !== "overlay") throw new TypeError("an overlay is mounted, and nothing else");
		// The lowest comes first.
		const lowers = mount.lowers.toReversed().flatMap((path) => ["--overlay-src", path]);
		return [
			...[bwrapProgram, "--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL", "--dev-bind", "/", "/"],
			...[...lowers, "--overlay", mount.upper, mount.work, target, "--", ...program, target],
		];
	};
}
