import { describeTriples } from "@retake/testkit";
import { openTransactions } from "../open-transactions.ts";
import { isChosenTriple } from "./chosen-triples.ts";

describeTriples("overlay", isChosenTriple, (base) => openTransactions(base, "overlay", 100));
