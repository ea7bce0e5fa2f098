import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { addTrailer } from "../../src/git/objects/add-trailer.ts";

const messages = [
	"Bound the search",
	"Bound the search\n",
	"Bound the search\n\nIt went on for ever.\n",
	"Bound the search\n\nIt went on: for ever.\nAnd on.",
	"Bound the search\n\nSigned-off-by: A <a@example.org>\nReviewed-by: B <b@example.org>\n",
	"Fix: not a trailer",
	"Bound the search\n\nCo-authored-by: A <a@example.org>\n and their team\n\n\n",
];

test.each(messages)("%j ends as git interpret-trailers would end it", (message) => {
	const args = ["interpret-trailers", "--trailer", "Retake-Run: 01ab"];
	const input = `${message.trimEnd()}
`;
	expect(addTrailer(message, "Retake-Run", "01ab")).toBe(execFileSync("git", args, { input, encoding: "utf8" }));
});
