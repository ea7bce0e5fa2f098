import { describeTransactions } from "@retake/testkit";
import { expect, test } from "vitest";
import { openTransactions } from "./open-transactions.ts";

const user = 61_500;

// Each test file has a process of its own. Root's power over files goes with the effective uid: capabilities(7).
if (process.geteuid?.() === 0) {
	process.setgroups?.([]);
	process.setegid?.(user);
	process.seteuid?.(user);
}

test("this process is an ordinary user's", () => {
	expect(process.geteuid?.()).not.toBe(0);
});

describeTransactions("copy transaction of an ordinary user", (base) => openTransactions(base, "copy", 0));
describeTransactions("overlay transaction of an ordinary user", (base) => openTransactions(base, "overlay", 100));
