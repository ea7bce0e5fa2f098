import { readFileSync } from "node:fs";

/** The words with which the command starts Node, from the place where they stand: what is measured as the command's is started alike. */
export const commandFlags: readonly string[] = read(new URL("../../../packages/retake/bin/retake.js", import.meta.url));

function read(program: URL): string[] {
	const [first = ""] = readFileSync(program, "utf8").split("\n", 1);
	const flags = first.match(/--\S+/g);
	if (flags === null) throw new Error(`the command starts Node without any option: ${first}`);
	return flags;
}
