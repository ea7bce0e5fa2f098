import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Clock, RetakeError } from "@retake/base";
import { openDatabase } from "./open-database.ts";
import type { Store } from "./store.ts";

/** How a tape file is opened. */
export interface OpenTapeFileOptions {
	readonly clock: Clock;
	/** `create`: the file must not be there; `read`: it must be. */
	readonly mode: "create" | "read";
}

/**
 * Opens a tape file: one SQLite file that holds some runs with all that they refer to, whole by itself when it is closed. It has
 * the schema of a store. Throws `USAGE`, and as `openStore` does.
 */
export function openTapeFile(path: string, { clock, mode }: OpenTapeFileOptions): Store {
	const file = resolve(path);
	if (existsSync(file) !== (mode === "read")) {
		throw new RetakeError("USAGE", mode === "read" ? `there is no file ${path}` : `${path} is there already`, {
			sort: "misuse",
			data: { path },
			remedy:
				mode === "read" ? "name the file that retake export has written" : "name another file, or remove that one",
		});
	}
	return openDatabase({ directory: dirname(file), file, clock, readOnly: mode === "read", journal: "DELETE" });
}
