import { describeTransactions } from "@retake/testkit";
import { openTransactions } from "./open-transactions.ts";

describeTransactions("memory transaction", (base) => openTransactions(base, "memory", 0));
describeTransactions("copy transaction", (base) => openTransactions(base, "copy", 0));
describeTransactions("overlay transaction", (base) => openTransactions(base, "overlay", 100));
describeTransactions("overlay transaction that folds at every other step", (base) =>
	openTransactions(base, "overlay", 2),
);
