// Does operations to directories as a program would, and writes what is there then: inside whatever is mounted, as whoever is asked for.
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DirectoryOracle } from "./directory-oracle.ts";
import { listDirectory } from "./list-directory.ts";
import { treeOperations } from "./tree-write.ts";

/** For each directory, the numbers of the operations that are done in it, in order. */
export type OperationPlan = readonly (readonly [directory: string, operations: readonly number[]])[];

/** For each directory, the lines of its listing. */
export type OperationReport = readonly (readonly [directory: string, lines: readonly (readonly [string, string])[]])[];

const [root = "", user] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(0, "utf8")) as OperationPlan;
if (user !== undefined) {
	process.setgroups?.([]);
	process.setgid?.(Number(user));
	process.setuid?.(Number(user));
}
process.umask(0o022);
const report: OperationReport = plan.map(([name, operations]) => {
	const directory = DirectoryOracle.on(join(root, name));
	for (const number of operations) for (const write of treeOperations[number]?.writes ?? []) directory.write(write);
	return [name, [...listDirectory(directory.path)]];
});
const bytes = Buffer.from(JSON.stringify(report));
for (let written = 0; written < bytes.length; ) written += writeSync(1, bytes, written);
