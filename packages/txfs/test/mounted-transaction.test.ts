import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandInside, describeMountedTransactions, needs } from "@retake/testkit";
import { afterAll, describe } from "vitest";
import { inDirectory } from "./in-directory.ts";
import { onMountedOverlay } from "./on-mounted-overlay.ts";
import { openTransactions } from "./open-transactions.ts";

const target = mkdtempSync(join(tmpdir(), "retake-mounted-"));
afterAll(() => rmSync(target, { recursive: true }));

/** As many layers as the bubblewrap driver puts into one mount. */
const layersMax = 250;

describeMountedTransactions("copy transaction", inDirectory, (base) => openTransactions(base, "copy", 0));
describe("mounted by root", needs("root"), () => {
	const inside: CommandInside = onMountedOverlay(target);
	const open = (max: number) => (base: string) => openTransactions(base, "overlay", max);
	describeMountedTransactions("overlay transaction", inside, open(layersMax));
	describeMountedTransactions("overlay transaction that folds at every other step", inside, open(2));
});
