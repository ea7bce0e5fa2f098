import { describeProgramTriples } from "@retake/testkit";
import { openTransactions } from "../open-transactions.ts";
import { isChosenTriple } from "./chosen-triples.ts";

describeProgramTriples(
	"copy",
	isChosenTriple,
	(mount, program) => {
		if (mount.kind !== "directory") throw new TypeError("a copy is a directory");
		return [...program, mount.directory];
	},
	(base) => openTransactions(base, "copy", 0),
);
