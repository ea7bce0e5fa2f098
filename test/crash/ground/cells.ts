import type { PlantedTree } from "../../../packages/testkit/src/worktree/planted-tree.ts";

/** The files that concurrent writers read and write. */
export const cellNames: readonly string[] = Array.from({ length: 512 }, (_, number) => `cell-${number}`);

/** The branch that concurrent writers commit to. */
export const sharedBranch = "retake/shared";

/** The tree that they begin with. */
export const cells: PlantedTree = Object.fromEntries(cellNames.map((name) => [name, `${name} at first\n`]));
