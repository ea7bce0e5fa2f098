import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate } from "@retake/evaluator";
import { openRuntime, WarmSandboxes } from "@retake/runtime";
import { hostProcesses } from "@retake/testkit";
import { expect, test } from "vitest";
import { openBubblewrapHarness } from "../../packages/sandbox/test/bubblewrap-harness.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const places = "/tmp /dev/shm /home/retake /run /var/tmp";
/** All that a candidate could leave for the next one: files, a process, shared memory, a name. Says what it could plant. */
const plants = [
	"echo mine > proposed",
	`for place in ${places}; do echo planted > $place/planted && echo $place; done 2>/dev/null`,
	"(trap '' HUP TERM; setsid sleep 300 &) >/dev/null 2>&1",
	"ipcmk -M 4096",
	"true",
].join("; ");
const looks = [
	"echo mine > proposed",
	`for place in ${places} .; do test -e $place/planted && exit 9; done`,
	"grep -qx sleep /proc/[0-9]*/comm && exit 10",
	"ipcs -m | grep -q 4096 && exit 11",
	"true",
].join("; ");

test("candidates share one sandbox in turn, and find nothing that another left in it", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using runtime = await openRuntime({ workspace: workspace.path });
	const seen = new Set<number>();
	const { candidates } = await evaluate(
		runtime,
		{
			checks: [{ name: "proposes", command: "test -e proposed" }],
			candidates: Array.from({ length: 6 }, (_, index) => ({
				kind: "command" as const,
				name: `candidate-${index}`,
				command: index % 2 === 0 ? plants : looks,
			})),
			jobs: 1,
		},
		{
			onProgress: (progress) => {
				if (progress.kind === "candidate-ended") for (const processId of ownHolders()) seen.add(processId);
			},
		},
	);
	expect(candidates.map(({ verdict, reason }) => ({ verdict, reason }))).toEqual(
		candidates.map(() => ({ verdict: "pass", reason: null })),
	);
	expect(seen.size).toBe(1);
	expect(ownHolders()).toEqual([]);
});

test("a sandbox is given on only where nothing is left in its layer space, and closed with the others", async () => {
	await using harness = await openBubblewrapHarness();
	const warm = new WarmSandboxes();
	{
		await using _warm = warm;
		const source = warm.source(harness.driver, harness.options);
		const first = await source.take();
		await source.giveBack(first);
		expect(await source.take()).toBe(first);
		const others = warm.source(harness.driver, { ...harness.options, image: null, pathPrefix: ["/opt"] });
		const other = await others.take();
		expect(other).not.toBe(first);
		await others.giveBack(other);

		mkdirSync(join(first.layerSpace.root, "left"));
		await source.giveBack(first);
		const second = await source.take();
		expect(second).not.toBe(first);
		expect(ownHolders().length).toBe(2);
		await source.giveBack(second);
	}
	expect(ownHolders()).toEqual([]);
});

/** Processes that keep the layers of this process's sandboxes. */
function ownHolders(): readonly number[] {
	const holders = hostProcesses("\0holder\0size=").map(({ processId }) => processId);
	return holders.filter((holder) => statusOf(holder).includes(`\nPPid:\t${process.pid}\n`));
}

function statusOf(processId: number): string {
	try {
		return readFileSync(`/proc/${processId}/status`, "utf8");
	} catch {
		return "";
	}
}
