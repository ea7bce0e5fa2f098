import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeProgramTriples } from "@retake/testkit";
import { afterAll } from "vitest";
import { onMountedOverlay } from "../on-mounted-overlay.ts";
import { openTransactions } from "../open-transactions.ts";
import { isChosenTriple } from "./chosen-triples.ts";

/** Describes that triples of operations on the kernel's own overlay, mounted by this process's user, come to what a directory does. */
export function describeKernelTriples(name: string): void {
	const target = mkdtempSync(join(tmpdir(), "retake-mounted-"));
	afterAll(() => rmSync(target, { recursive: true }));
	describeProgramTriples(name, isChosenTriple, onMountedOverlay(target), (base) =>
		openTransactions(base, "overlay", 100),
	);
}
