// Recovers a tree and commits to it again and again, until it is killed: `node committing-life.ts ROOT`. A line is an acknowledgement.
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { commitToWorktree, recoverWorktree } from "@retake/txfs";
import { commitAfter, counterPath } from "../ground/endless-series.ts";

const root = process.argv[2] ?? "";
writeSync(1, "ready\n");
await recoverWorktree(root);
let count = Number(readFileSync(join(root, counterPath), "utf8"));
for (;;) {
	writeSync(1, `${count}\n`);
	const outcome = await commitToWorktree({ root, ...commitAfter(count), commitId: `life-${count}`, onDrift: "refuse" });
	if (outcome.kind !== "committed") throw new Error(`commit ${count}: ${outcome.kind}`);
	count++;
}
