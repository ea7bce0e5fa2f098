import * as nodeFileSystem from "node:fs";
import { dirname, join } from "node:path";
import { DirectoryOracle, type TreeListing } from "@retake/testkit";
import type { FileSystem } from "@retake/txfs";
import { createFsFromVolume, Volume } from "memfs";
import { expect, test } from "vitest";
import { callForms } from "./call-forms.ts";
import { failureOf, matrixOperations } from "./matrix-operations.ts";
import { plantMatrix } from "./matrix-places.ts";

/** Makes a memfs volume that holds what a directory does. */
function plainVolume(root: string, listing: TreeListing): FileSystem {
	const fs = createFsFromVolume(new Volume()) as unknown as FileSystem;
	fs.mkdirSync(root, { recursive: true, mode: 0o755 });
	const places = [...listing].toSorted(([left], [right]) => (left < right ? -1 : 1));
	for (const [path, line] of places) {
		const at = join(root, path);
		fs.mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
		const [, kind, rest] = /^(\w+) (.*)$/s.exec(line) ?? [];
		if (kind === "symlink") fs.symlinkSync(rest ?? "", at);
		else if (kind === "directory") fs.mkdirSync(at, { recursive: true, mode: 0o755 });
		else {
			fs.writeFileSync(at, (rest ?? "").replace(/^\d+ /, ""));
			fs.chmodSync(at, Number.parseInt(rest ?? "", 8));
		}
	}
	return fs;
}

test("the control: the same operations on memfs alone do not agree with node:fs", { timeout: 300_000 }, async () => {
	using oracle = DirectoryOracle.empty();
	plantMatrix(oracle.path);
	const planted = oracle.list();
	let cells = 0;
	const differing: string[] = [];
	for (const operation of matrixOperations) {
		for (const place of operation.places) {
			const outcome = (fs: FileSystem): Promise<unknown> =>
				operation
					.run(callForms.sync(fs), `${oracle.path}/${place}`, oracle.path)
					.then((value) => ({ value: value ?? null }), failureOf);
			const seen = await outcome(plainVolume(oracle.path, planted));
			const expected = await outcome(nodeFileSystem);
			cells++;
			if (JSON.stringify(seen) !== JSON.stringify(expected)) differing.push(`${operation.name} at ${place}`);
			if (JSON.stringify([...oracle.list()]) !== JSON.stringify([...planted])) plantMatrix(oracle.path);
		}
	}
	process.stdout.write(`memfs alone, beside node:fs: ${differing.length} of ${cells} outcomes differ\n`);
	expect(differing).toContain("rename to file at full");
	expect(differing).toContain("unlink at full");
	expect(differing.length).toBeGreaterThan(cells / 20);
});
