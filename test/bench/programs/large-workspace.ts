import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime } from "@retake/runtime";
import { measure } from "../harness/measure.ts";
import { plantedPath } from "../peers/plant-files.ts";

// Works on a large workspace and says in one line of JSON how long each thing took: `WORKSPACE STORE ROUNDS`. Then it stays until its
// standard input ends, so that its peak memory can be read from outside.
const [workspace = "", store = "", rounds = "1"] = process.argv.slice(2);
const samples: Record<string, number[]> = {};
const time = async (name: string, work: () => unknown): Promise<void> => {
	(samples[name] ??= []).push(await measure(work));
};
{
	await using runtime = await openRuntime({ workspace, store, sandbox: "none" });
	await time("first snapshot", () => runtime.freeze("worktree"));
	for (let index = 0; index < 10; index++) appendFileSync(join(workspace, plantedPath(index)), "edited\n");
	await time("second snapshot, 10 files edited", () => runtime.freeze("worktree"));
	const base = await runtime.freeze("worktree");
	const start = () => runtime.startSession({ base, kind: "library", title: "bench", program: null });
	await using parent = await start();
	await parent.call("write_file", { path: "written", content: "written" });
	for (let round = 0; round < Number(rounds); round++) {
		const opened: Awaited<ReturnType<typeof start>>[] = [];
		await time("begin, on record", async () => {
			opened.push(await start());
		});
		await time("fork, on record", async () => {
			opened.push(await parent.fork());
		});
		const [session] = opened;
		await time("one step, captured", () =>
			session?.call("write_file", { path: plantedPath(round), content: `${round}` }),
		);
		for (const each of opened.splice(0)) await each.rollback();
	}
	await parent.rollback();
	await time("gc, nothing to free", () => runtime.collectGarbage({ dryRun: false }));
}
process.stdout.write(`${JSON.stringify(samples)}\n`);
process.stdin.resume();
await once(process.stdin, "end");
