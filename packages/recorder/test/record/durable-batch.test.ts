import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RunId } from "@retake/base";
import { openStore } from "@retake/store";
import { expect, test } from "vitest";
import { verifyChain } from "../../src/index.ts";
import { steppingClock, temporaryStore } from "../fixture.ts";

const writers = 3;
const branches = 8;
const rounds = 5;
const program = join(import.meta.dirname, "durable-batch-process.ts");
/** Of one writer: each event, and the end. */
const acknowledgementsEach = 2 * branches * rounds + 1;

/** What the kernel saw of writers to one store, all of them together. */
interface Seen {
	readonly acknowledged: number;
	/** Acknowledgements of a writer that had written to the log since it last flushed it. */
	readonly early: number;
	/** How often a writer flushed the log after it had written to it. */
	readonly flushes: number;
}

/** Has several processes record at once, each many calls in parallel, and reads what they asked of the kernel, in its order. */
async function watch(directory: string, durability: "process" | "power"): Promise<Seen> {
	const log = join(directory, `${durability}.strace`);
	const store = join(directory, durability);
	openStore(store, { clock: steppingClock() })[Symbol.dispose]();
	const one = `"${process.execPath}" "${program}" "${store}" ${branches} ${rounds} ${durability} & `;
	const words = ["-f", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", log, "sh", "-c"];
	const { stdout } = await promisify(execFile)("strace", [...words, `${one.repeat(writers)}wait`]);
	using reopened = openStore(store, { clock: steppingClock() });
	const runs = [...stdout.matchAll(/^finished (\w+)$/gm)].map(([, id]) => verifyChain(reopened, id as RunId).events);
	expect(runs).toEqual(Array.from({ length: writers }, () => acknowledgementsEach));
	const unflushed = new Set<string>();
	/** Threads in the middle of a flush of the log: strace parts a call that another one comes between. */
	const flushing = new Set<string>();
	const seen = { acknowledged: 0, early: 0, flushes: 0 };
	for (const line of readFileSync(log, "utf8").split("\n")) {
		const [, thread = "", call = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
		if (/^pwrite64\(\d+<[^>]*retake\.db-wal>/.test(call)) unflushed.add(thread);
		else if (/^f(data)?sync\(\d+<[^>]*retake\.db-wal>/.test(call)) flushing.add(thread);
		else if (call.startsWith("write(1<")) {
			seen.acknowledged++;
			if (unflushed.has(thread)) seen.early++;
		}
		if (flushing.has(thread) && /sync\b.*\) += 0$/.test(call)) {
			flushing.delete(thread);
			if (unflushed.delete(thread)) seen.flushes++;
		}
	}
	return seen;
}

test("under `power` a batch that calls share is flushed before any of them is told; under `process` it is not", {
	timeout: 120_000,
}, async () => {
	using fixture = temporaryStore();
	const power = await watch(fixture.directory, "power");
	expect(power).toMatchObject({ acknowledged: writers * acknowledgementsEach, early: 0 });
	// Shared: by itself each event would have one.
	expect(power.flushes).toBeGreaterThanOrEqual(writers * rounds * 2);
	expect(power.flushes).toBeLessThan((writers * acknowledgementsEach) / 3);
	// Control: the same writers, told as soon as the kernel has their events.
	const plain = await watch(fixture.directory, "process");
	expect(plain.acknowledged).toBe(power.acknowledged);
	expect(plain.early).toBeGreaterThan(plain.acknowledged * 0.9);
});
