import { needs } from "@retake/testkit";
import { expect, test } from "vitest";
import { runSuite } from "./run-suite.ts";

// As an ordinary user the whole suite already is that of bubblewrap.test.ts.
test("an ordinary user passes the same suite", { ...needs("root"), timeout: 180_000 }, async () => {
	expect(await runSuite({})).toBeGreaterThan(50);
});
