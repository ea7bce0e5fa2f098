import type { CommandInside } from "@retake/testkit";

/** Runs a program on a step's tree where that is a plain directory. */
export const inDirectory: CommandInside = (mount, program) => {
	if (mount.kind !== "directory") throw new TypeError("a copy is a directory");
	return [...program, mount.directory];
};
