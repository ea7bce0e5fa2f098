import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { placeFile } from "@retake/txfs";
import type { Edges } from "../edges/edges.ts";

/** Writes a page to a file that is not there yet. Throws where it is. */
export function placePage({ workingDirectory }: Edges, file: string, page: string): void {
	placeFile({
		path: resolve(workingDirectory, file),
		overwrite: false,
		write: (scratch) => writeFileSync(scratch, page, { flag: "wx" }),
	});
}
