import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** Ids of the rows that have a test, in order. */
function testedRows(): readonly string[] {
	const directory = join(root, "test/hostile");
	const files = readdirSync(directory).filter((name) => name.endsWith(".test.ts"));
	const texts = files.map((name) => readFileSync(join(directory, name), "utf8"));
	return texts.flatMap((text) => [...text.matchAll(/^\tid: "(\w+)"/gm)].map(([, id = ""]) => id)).toSorted();
}

test("the threat model's table has the rows that have a test, and no others", () => {
	const text = readFileSync(join(root, "THREAT_MODEL.md"), "utf8");
	const claimed = [...text.matchAll(/^\| (H\d+\w?) \|/gm)].map(([, id = ""]) => id);
	expect(claimed).toEqual(testedRows());
	expect(claimed.length).toBeGreaterThan(20);
});
