import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes files below a directory, content by path, with the directories that they lie in. */
export function writeFiles(target: string, files: Readonly<Record<string, string>>): void {
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(dirname(join(target, name)), { recursive: true, mode: 0o755 });
		writeFileSync(join(target, name), content, { mode: 0o644 });
	}
}
