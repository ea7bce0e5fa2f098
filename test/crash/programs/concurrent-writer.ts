// Reads and writes a few files at a time against others who do the same: `node concurrent-writer.ts KIND PLACE NAME COMMITS SEED
// [--without DEFENCE]`. Prints an `Attempt` for each.
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isRetakeError, sha256 } from "@retake/base";
import { type Change, createChangeset, createMemoryBlobs, treePath } from "@retake/changeset";
import { type BranchOutcome, type CommitOutcome, commitToBranch, commitToWorktree } from "@retake/txfs";
import { cellNames, sharedBranch } from "../ground/cells.ts";
import { git, gitFiles } from "../ground/git.ts";
import { seededNumbers } from "../ground/seeded-numbers.ts";
import type { Attempt } from "../ground/serial-history.ts";
import { type DefenceName, goWithout } from "./defences.ts";

const cellsMax = 3;
const backOffMsMax = 200;
/** So often in a row a writer is refused before it gives up: without the lock, two can leave a journal that nobody can close. */
const refusalsMax = 200;
const { positionals, values } = parseArgs({ allowPositionals: true, options: { without: { type: "string" } } });
const [kind, place = "", name = "", commits = "0", seed = "0"] = positionals;
if (values.without !== undefined) goWithout(values.without as DefenceName);
const next = seededNumbers(Number(seed));
const author = { name, email: "writer@example.org", timestamp: 1_700_000_000, timezoneOffset: 0 };

for (let number = 0, done = 0, refusals = 0; done < Number(commits) && refusals < refusalsMax; number++) {
	const attempt = await tryOnce(`${name}-${number}`);
	writeSync(1, `${JSON.stringify(attempt)}\n`);
	refusals = attempt.kind === "refused" ? refusals + 1 : 0;
	if (attempt.kind === "committed") done++;
	else if (attempt.kind === "refused") await sleep(next() * backOffMsMax);
}

async function tryOnce(id: string): Promise<Attempt> {
	const blobs = createMemoryBlobs();
	const reads: Record<string, string> = {};
	const writes: Record<string, string> = {};
	const changes: Change[] = [];
	const base = kind === "branch" ? git(place, "rev-parse", sharedBranch) : "";
	const cells = chosenCells();
	const found = kind === "branch" ? gitFiles(place, base, cells) : cells.map((cell) => readFileSync(join(place, cell)));
	for (const [index, cell] of cells.entries()) {
		const old = found[index] ?? Buffer.alloc(0);
		const bytes = Buffer.from(`${id} wrote ${cell}\n`);
		const node = (of: Buffer) => ({ kind: "file", mode: 0o644, size: of.length, content: blobs.write(of) }) as const;
		changes.push({ path: treePath(cell), was: node(old), now: node(bytes) });
		reads[cell] = sha256(old);
		writes[cell] = sha256(bytes);
	}
	const changeset = createChangeset(changes);
	try {
		const outcome: CommitOutcome | BranchOutcome =
			kind === "branch"
				? await commitToBranch({ repository: place, branch: sharedBranch, base, changeset, blobs, author, message: id })
				: await commitToWorktree({
						root: place,
						changeset,
						blobs,
						commitId: id,
						onDrift: "refuse",
						lockWaitMs: 60_000,
					});
		const conflicts =
			outcome.kind === "aborted"
				? Object.fromEntries(
						outcome.conflicts.map(({ path, found }) => [path, found?.kind === "file" ? found.content : null]),
					)
				: {};
		return { id, reads, writes, kind: outcome.kind === "aborted" ? "aborted" : "committed", conflicts };
	} catch (error) {
		// Told to come again: nothing was written. A control provokes other failures too, which count as no more.
		if (!isRetakeError(error, "STORE_BUSY") && values.without === undefined) throw error;
		return { id, reads, writes, kind: "refused", conflicts: {} };
	}
}

function chosenCells(): readonly string[] {
	const count = 1 + Math.floor(next() * cellsMax);
	const chosen = Array.from({ length: count }, () => cellNames[Math.floor(next() * cellNames.length)] ?? "");
	return [...new Set(chosen)];
}
