import { describeTriples } from "@retake/testkit";
import { openTransactions } from "../open-transactions.ts";
import { isChosenTriple } from "./chosen-triples.ts";

describeTriples("copy", isChosenTriple, (base) => openTransactions(base, "copy", 100));
