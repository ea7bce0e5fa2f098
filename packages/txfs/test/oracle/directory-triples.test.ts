import { describeProgramTriples } from "@retake/testkit";
import { inDirectory } from "../in-directory.ts";
import { openTransactions } from "../open-transactions.ts";
import { isChosenTriple } from "./chosen-triples.ts";

describeProgramTriples("copy", isChosenTriple, inDirectory, (base) => openTransactions(base, "copy", 0));
