import "./become-ordinary-user.ts";
import { describeTransactions } from "@retake/testkit";
import { expect, test } from "vitest";
import { openTransactions } from "./open-transactions.ts";

test("this process is an ordinary user's", () => {
	expect(process.geteuid?.()).not.toBe(0);
});

describeTransactions("copy transaction of an ordinary user", (base) => openTransactions(base, "copy", 0));
describeTransactions("overlay transaction of an ordinary user", (base) => openTransactions(base, "overlay", 100));
