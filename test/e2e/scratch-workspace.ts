import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A workspace of its own for one test, removed with everything in it when the test ends. */
export interface ScratchWorkspace extends Disposable {
	readonly path: string;
}

/** Makes a directory with the given files. */
export function scratchWorkspace(files: Readonly<Record<string, string>>): ScratchWorkspace {
	const path = mkdtempSync(join(tmpdir(), "retake-e2e-"));
	for (const [name, content] of Object.entries(files)) {
		mkdirSync(dirname(join(path, name)), { recursive: true });
		writeFileSync(join(path, name), content);
	}
	return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
