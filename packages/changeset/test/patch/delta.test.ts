import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import {
	applyPatch,
	type Blobs,
	createChangeset,
	createMemoryBlobs,
	deltaBytesMax,
	diffTrees,
	formatPatch,
	parsePatch,
	patchChunks,
	treePath,
} from "@retake/changeset";
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyDelta } from "../../src/patch/apply-delta.ts";
import { deflateChunks } from "../../src/patch/deflate-chunks.ts";
import { makeDelta } from "../../src/patch/make-delta.ts";
import { applyByGit } from "../corpus/apply-by-git.ts";
import { contentsOf, file, treeOf } from "../model/model-tree.ts";
import { processorMs } from "../model/processor-time.ts";
import { below, type Random, seeded } from "../model/random.ts";

const seed = 20_260_406;

/** Noise that no packing makes smaller. */
function noise(random: Random, length: number): Buffer {
	const bytes = Buffer.alloc(length);
	for (let index = 0; index < length; index++) bytes[index] = below(random, 256);
	return bytes;
}

const bytes = fc.uint8Array({ maxLength: 200 });
/** Two files made of the same pieces. */
const related = fc
	.tuple(fc.array(bytes, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), bytes)
	.map(([pieces, order, added]) => {
		const chosen = order.map((index) => pieces[index % pieces.length] as Uint8Array);
		return [Buffer.concat(pieces), Buffer.concat([...chosen, added, ...chosen])] as const;
	});

test("a delta gives the target back, of whatever two files", () => {
	fc.assert(
		fc.property(fc.oneof(related, fc.tuple(bytes, bytes)), ([source, target]) => {
			const delta = makeDelta(source, target, Number.POSITIVE_INFINITY);
			expect(applyDelta(source, delta as Uint8Array, target.length)).toEqual(new Uint8Array(target));
		}),
		{ seed, numRuns: 1000 },
	);
});

test("a delta costs what was changed; one that would not be worth it is none", () => {
	const random = seeded(seed);
	const source = noise(random, 2_000_000);
	const target = Buffer.concat([source.subarray(700_000), Buffer.from("between"), source.subarray(0, 1_500_000)]);
	const delta = makeDelta(source, target, target.length);
	expect(delta?.length).toBeLessThan(400);
	expect(Buffer.from(applyDelta(source, delta as Uint8Array, target.length) ?? []).equals(target)).toBe(true);
	expect(makeDelta(source, noise(random, 10_000), 10_000)).toBeNull();
});

test("bytes that repeat themselves are searched in bounded time", () => {
	const started = processorMs();
	const [source, target] = [Buffer.alloc(2_000_000, "ab"), Buffer.alloc(2_000_000, "aab")];
	const delta = makeDelta(source, target, target.length + 1_000_000);
	if (delta !== null) expect(Buffer.from(applyDelta(source, delta, target.length) ?? []).equals(target)).toBe(true);
	expect(processorMs() - started).toBeLessThan(5000);
});

test("chunks packed one by one unpack as one", () => {
	fc.assert(
		fc.property(fc.array(bytes), (chunks) => {
			expect(inflateSync(Buffer.concat([...deflateChunks(chunks)]))).toEqual(Buffer.concat(chunks));
		}),
		{ seed },
	);
});

test("git and we take a delta within a large file, and a file that is written chunk by chunk", () => {
	const random = seeded(seed);
	const blobs = createMemoryBlobs();
	const small = noise(random, 300_000);
	// Repeats itself too far apart for packing to see.
	const large = Buffer.concat(Array.from({ length: 30 }, () => small));
	expect(large.length).toBeGreaterThan(deltaBytesMax);
	const edited = (all: Buffer): Buffer =>
		Buffer.concat([all.subarray(0, 99_999), Buffer.from("\0edit"), all.subarray(150_000)]);
	const [before, after] = [(all: Buffer) => all, edited].map((make) =>
		treeOf(
			new Map([
				[treePath("delta"), file(blobs, make(small))],
				[treePath("literal"), file(blobs, make(large))],
			]),
			blobs,
		),
	) as [ReturnType<typeof treeOf>, ReturnType<typeof treeOf>];
	const patch = formatPatch(diffTrees(before, after), blobs);
	const parsed = parsePatch(patch);
	expect(parsed.files.map(({ content }) => content.kind === "binary" && content.payload.kind)).toEqual([
		"delta",
		"literal",
	]);
	expect(applyPatch({ patch: parsed, tree: before, blobs })).toEqual(diffTrees(before, after));
	const [git] = applyByGit([{ tree: before, patch, strip: 1 }], blobs);
	expect(git?.kind === "applied" && contentsOf(git.tree)).toEqual(contentsOf(after));
});

test("of a file over the limit for deltas no more than a chunk is asked for at a time", () => {
	const kept = createMemoryBlobs();
	const size = deltaBytesMax * 4;
	const node = { kind: "file", mode: 0o644, size, content: kept.write(Buffer.from("stands for it")) } as const;
	let whole = 0;
	// Makes the bytes up as they are read, and counts who wants them all at once.
	const blobs: Blobs = {
		...kept,
		read: (id) => {
			whole++;
			return kept.read(id);
		},
		*chunks() {
			for (let done = 0; done < size; done += 1024 ** 2) yield Buffer.alloc(Math.min(1024 ** 2, size - done), 7);
		},
	};
	const changeset = createChangeset([{ path: treePath("big"), was: null, now: node }]);
	let largest = 0;
	for (const piece of patchChunks(changeset, blobs)) largest = Math.max(largest, piece.length);
	expect(whole).toBe(0);
	expect(largest).toBeLessThan(2 * 1024 ** 2);
});
