import { spawnSync } from "node:child_process";
import type { LayerMount, WritableLayer } from "@retake/txfs";

/** Gives the command by which a program is run on a step's tree, mounted: the tree's path is the argument after the program's own. */
export type CommandInside = (mount: LayerMount, program: readonly string[]) => readonly string[];

/** Bytes that a program may print. */
const outputBytesMax = 256 * 1024 ** 2;

/** Runs a program on the tree of a step and returns what it printed. Throws where it fails. */
export function runInside(
	inside: CommandInside,
	{ mount }: Pick<WritableLayer, "mount">,
	program: readonly string[],
	input = "",
): string {
	if (mount === null) throw new TypeError("the steps of this transaction can be mounted");
	const [command = "", ...rest] = inside(mount, program);
	const { status, stdout, stderr, error } = spawnSync(command, rest, {
		input,
		encoding: "utf8",
		maxBuffer: outputBytesMax,
	});
	if (status !== 0) throw new Error(`${program.join(" ")} failed: ${stderr}`, { cause: error });
	return stdout;
}
