import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setExtendedAttribute } from "@retake/linux";
import {
	compareTriples,
	DirectoryOracle,
	type LayerFault,
	operationsBase,
	plantFault,
	treeOperations,
} from "@retake/testkit";
import type { Transaction } from "@retake/txfs";
import { expect, test } from "vitest";
import { openTransactions } from "../open-transactions.ts";

/** How many times each fault was planted where it could do harm. */
type Planting = { count: number };

/** Overlay: the mark is left out by which a directory hides the one below it. */
const unmarked =
	(planted: Planting): LayerFault =>
	({ mount }) => {
		if (mount?.kind !== "overlay") throw new TypeError("an overlay has marks");
		for (const entry of readdirSync(mount.upper, { recursive: true, withFileTypes: true })) {
			if (!entry.isDirectory()) continue;
			// Any other value than "y" is no mark.
			setExtendedAttribute(join(entry.parentPath, entry.name), "user.overlay.opaque", Buffer.from("n"));
			planted.count++;
		}
	};

/** Overlay: the deletion of a file is not written down. */
const unwhitened =
	(planted: Planting): LayerFault =>
	({ mount }) => {
		if (mount?.kind !== "overlay") throw new TypeError("an overlay has whiteouts");
		for (const entry of readdirSync(mount.upper, { recursive: true, withFileTypes: true })) {
			if (!entry.isCharacterDevice()) continue;
			rmSync(join(entry.parentPath, entry.name));
			planted.count++;
		}
	};

/** Copy: a file that was deleted is there again. */
const undeleted =
	(planted: Planting): LayerFault =>
	({ mount }) => {
		if (mount?.kind !== "directory") throw new TypeError("a copy is a directory");
		const deleted = join(mount.directory, "a");
		if (existsSync(deleted)) return;
		writeFileSync(deleted, "alpha");
		planted.count++;
	};

/** Memory: a file that nobody spoke of is written. */
const strayFile =
	(planted: Planting): LayerFault =>
	(layer) => {
		layer.writeFile("stray" as never, [], 0o644);
		planted.count++;
	};

test.each([
	["overlay", "directory is emptied", unmarked],
	["overlay", "delete a directory", unwhitened],
	["copy", "delete a file", undeleted],
	["memory", "overwrite a file", strayFile],
] as const)("in %s transactions, a fault in '%s' is found", async (kind, name, fault) => {
	using base = DirectoryOracle.empty();
	for (const write of operationsBase) base.write(write);
	await using harness = await openTransactions(base.path, kind, 100);
	const first = treeOperations.find((operation) => operation.name === name);
	if (first === undefined) throw new RangeError(`no operation is called ${name}`);
	const isChosen = (number: number): boolean => number % 29 === 7 && number % 5 === 0;
	expect((await compareTriples(harness, base, first, isChosen)).differences).toEqual([]);
	const planted = { count: 0 };
	const begin = (): Transaction => plantFault(harness.begin(), fault(planted));
	const dispose = async (): Promise<void> => undefined;
	const faulty = { blobs: harness.blobs, begin, [Symbol.asyncDispose]: dispose };
	const { differences } = await compareTriples(faulty, base, first, isChosen);
	expect(planted.count).toBeGreaterThan(0);
	expect(differences.length).toBeGreaterThan(0);
});
