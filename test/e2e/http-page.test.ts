import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { readFencedBlocks } from "../tidy/fenced-blocks.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";
import { createTranscriptReader } from "./transcript-reader.ts";

const repository = join(import.meta.dirname, "../..");

/** Finds a port that nobody uses just now. */
async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === "string") throw new TypeError("the server has no port");
	return address.port;
}

test("what docs/http.md shows runs as it stands there, but for the port, and prints what it says", async () => {
	using scratch = scratchWorkspace({});
	const port = String(await freePort());
	const asHere = (text: string): string => text.replaceAll("4010", port);
	const blocks = readFencedBlocks(readFileSync(join(repository, "docs/http.md"), "utf8"));
	expect(blocks.map(({ language }) => language)).toEqual(["sh", "sh", "text"]);
	const [record, replay, prints] = blocks.map(({ text }) => asHere(text));
	const env = {
		PATH: [join(repository, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
		HOME: scratch.path,
	};
	const run = (directory: string, script = "") => {
		const { status, stdout } = spawnSync("sh", ["-euc", `exec 2>&1\n${script}`], {
			cwd: directory,
			encoding: "utf8",
			env,
		});
		return { status, text: stdout };
	};
	const recorded = run(scratch.path, record);
	expect(recorded.status, recorded.text).toBe(0);
	expect(recorded.text).toContain("200\n");
	const replayed = run(join(scratch.path, "asking"), replay);
	expect(replayed.status, replayed.text).toBe(0);
	// The address of the model is cut to the table's width, at another place for a port of another length.
	const steady = (text = ""): string => text.replaceAll(/http:\/\/127\S*/g, "URL").replaceAll(/ {2,}/g, "  ");
	expect(createTranscriptReader().mismatch(steady(prints), steady(replayed.text)), replayed.text).toBeNull();
	const shown = run(join(scratch.path, "asking"), "retake show @last /0/1#0");
	expect(shown.text).toContain("Retake me.");
}, 240_000);
