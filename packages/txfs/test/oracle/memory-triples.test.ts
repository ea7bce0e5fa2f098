import { describeTriples } from "@retake/testkit";
import { openTransactions } from "../open-transactions.ts";
import { isChosenTriple } from "./chosen-triples.ts";

describeTriples("memory", isChosenTriple, (base) => openTransactions(base, "memory", 100));
