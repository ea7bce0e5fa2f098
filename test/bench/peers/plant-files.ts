import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const filesPerDirectory = 100;

/** Names the file with a number in a planted tree. */
export function plantedPath(index: number): string {
	const directory = Math.floor(index / filesPerDirectory);
	return `package-${Math.floor(directory / 10)}/source-${directory % 10}/file-${index}.txt`;
}

/** Fills a new directory with files of some hundred bytes, a hundred in a directory, no two alike. */
export function plantFiles(root: string, count: number): void {
	mkdirSync(root);
	for (let index = 0; index < count; index++) {
		const path = join(root, plantedPath(index));
		if (index % filesPerDirectory === 0) mkdirSync(join(path, ".."), { recursive: true });
		writeFileSync(path, `file ${index}\n${"a line of some length\n".repeat(1 + (index % 40))}`);
	}
}
