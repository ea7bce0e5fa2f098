import { Buffer } from "node:buffer";
import { isRetakeError } from "@retake/base";
import { applyPatch, createMemoryBlobs, diffTrees, formatPatch, parsePatch } from "@retake/changeset";
import { mutations } from "../corpus/mutate-patch.ts";
import { mutated, randomLeaves, treeOf } from "../model/model-tree.ts";
import { processorMs } from "../model/processor-time.ts";
import { below, pick, type Random, seeded } from "../model/random.ts";

/** What a patch is made of, and numbers that promise too much. */
const dictionary = [
	"diff --git a/x b/x\n",
	'diff --git "a/\\377" "b/\\377"\n',
	"--- a/x\n+++ b/x\n",
	"--- /dev/null\n",
	"+++ /dev/null\n",
	"@@ -1 +1 @@\n",
	"@@ -1,999999999 +1,999999999 @@\n",
	"@@ -0,0 +1,2 @@\n",
	"@@ -999999999,0 +999999999,0 @@\n",
	"new file mode 100644\n",
	"deleted file mode 120000\n",
	"old mode 160000\n",
	"rename from x\nrename to y\n",
	"copy from ../x\ncopy to /y\n",
	"similarity index 100%\n",
	`index ${"0".repeat(40)}..${"f".repeat(40)} 100644\n`,
	"GIT binary patch\n",
	"literal 999999999999999\n",
	"literal 0\nHcmV?d00001\n\n",
	"delta 5\nNcmY#UouI<F695GM0k{AF\n\n",
	"\\ No newline at end of file\n",
	"Binary files a/x and b/x differ\n",
	"diff --cc x\n",
	"\r\n",
	"\n",
	"\0",
	"+",
	"-",
	" ",
	'"',
	"../",
	".git/",
];

function randomBytes(random: Random): Uint8Array {
	return Buffer.from(Array.from({ length: below(random, 300) }, () => below(random, 256)));
}

function words(random: Random): Uint8Array {
	return Buffer.from(Array.from({ length: below(random, 40) }, () => pick(random, dictionary)).join(""), "latin1");
}

/** Changes, inserts, removes and repeats pieces of a patch. */
function damaged(patch: Uint8Array, random: Random): Uint8Array {
	let text = Buffer.from(patch).toString("latin1");
	for (let times = 1 + below(random, 6); times > 0; times--) {
		const [start, length] = [below(random, text.length + 1), below(random, 60)];
		const piece = pick(random, [
			"",
			pick(random, dictionary),
			Buffer.from(randomBytes(random).subarray(0, 8)).toString("latin1"),
			text.slice(start, start + length).repeat(1 + below(random, 20)),
		]);
		text = text.slice(0, start) + piece + text.slice(start + pick(random, [0, length]));
	}
	return Buffer.from(pick(random, Object.values(mutations))(text === "" ? " " : text, random), "latin1");
}

/**
 * Parses damaged and random patches, as many as its second argument says, from the seed of its first, and applies those that parse.
 * Prints what became of them as JSON; ends with an error where anything but a refusal is thrown.
 */
function fuzz(seed: number, count: number): void {
	const random = seeded(seed);
	const seen: Record<string, number> = {};
	let slowestMs = 0;
	let slowest = -1;
	for (let index = 0, round: readonly [ReturnType<typeof treeOf>, Uint8Array] | null = null; index < count; index++) {
		const blobs = createMemoryBlobs();
		if (round === null || index % 20 === 0) {
			const leaves = randomLeaves(random, blobs);
			const tree = treeOf(leaves, blobs);
			const after = treeOf(mutated(random, blobs, leaves), blobs);
			round = [tree, formatPatch(diffTrees(tree, after), blobs, { moves: "copies" })];
		}
		const [tree, patch] = round;
		const choice = random();
		const bytes = choice < 0.1 ? randomBytes(random) : choice < 0.3 ? words(random) : damaged(patch, random);
		const started = processorMs();
		const outcome = outcomeOf(() => applyPatch({ patch: parsePatch(bytes), tree, blobs }), index);
		const tookMs = processorMs() - started;
		if (tookMs > slowestMs) [slowestMs, slowest] = [tookMs, index];
		seen[outcome] = (seen[outcome] ?? 0) + 1;
	}
	process.stdout.write(`${JSON.stringify({ seed, count, seen, slowest, slowestMs: Math.round(slowestMs) })}\n`);
}

function outcomeOf(work: () => unknown, index: number): string {
	try {
		work();
		return "applied";
	} catch (error) {
		const isRefusal = ["PATCH_INVALID", "PATCH_CONFLICT", "PATH_REFUSED", "LIMIT_EXCEEDED"].some((code) =>
			isRetakeError(error, code as "PATCH_INVALID"),
		);
		if (isRefusal) return (error as { readonly code: string }).code;
		throw new Error(`patch ${index} was answered with what is no refusal`, { cause: error });
	}
}

fuzz(Number(process.argv[2]), Number(process.argv[3]));
