import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ReadOnlyMount } from "../sandbox.ts";

/** Writes files where the daemon can mount them from: into the layers' volume, beside the layers, where no command sees them. */
export function layOutFiles(root: string, files: Readonly<Record<string, string>>): readonly ReadOnlyMount[] {
	const directory = join(root, ".files");
	if (Object.keys(files).length > 0) mkdirSync(directory, { mode: 0o755 });
	return Object.entries(files).map(([target, content]) => {
		const source = join(directory, basename(target));
		writeFileSync(source, content, { mode: 0o644 });
		return { source, target };
	});
}
