import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { type FencedBlock, readFencedBlocks } from "../tidy/fenced-blocks.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";
import { createTranscriptReader } from "./transcript-reader.ts";

const repository = join(import.meta.dirname, "../..");
const readme = readFileSync(join(repository, "README.md"), "utf8");
const lines = readme.split("\n");

interface MarkedBlock extends FencedBlock {
	readonly exitCode: number;
	/** What the page says that it prints; null where it says nothing. */
	readonly prints: string | null;
}

/** The blocks marked by a comment `runs` in the line before, each with the text block that follows it as its output. */
function markedBlocks(): MarkedBlock[] {
	const blocks = readFencedBlocks(readme);
	return blocks.flatMap((block, index) => {
		const mark = /^<!-- runs(?: exit=(\d+))? -->$/.exec(lines[block.line - 2] ?? "");
		if (mark === null) return [];
		const next = blocks[index + 1];
		return [{ ...block, exitCode: Number(mark[1] ?? 0), prints: next?.language === "text" ? next.text : null }];
	});
}

const path = [join(repository, "node_modules/.bin"), process.env["PATH"]].join(delimiter);

/** Standard output and error in one, as on a terminal. */
function run(directory: string, program: string, ...words: readonly string[]): { status: number | null; text: string } {
	const command = ["-c", 'exec "$@" 2>&1', "sh", program, ...words];
	const { status, stdout } = spawnSync("sh", command, {
		cwd: directory,
		encoding: "utf8",
		env: { PATH: path, HOME: directory },
	});
	return { status, text: stdout };
}

test("every marked block of the README runs and prints what the README says", () => {
	using scratch = scratchWorkspace({});
	const blocks = markedBlocks();
	expect(blocks.map((block) => block.language)).toEqual(["sh", "sh", "sh", "sh", "sh", "sh", "ts", "ts"]);
	const transcript = createTranscriptReader();
	let directory = scratch.path;
	for (const block of blocks) {
		const place = `README.md:${block.line}`;
		let outcome: ReturnType<typeof run>;
		if (block.language === "sh") {
			outcome = run(directory, "sh", "-euc", transcript.asHere(block.text));
		} else {
			const program = join(directory, `block-${block.line}.ts`);
			mkdirSync(join(directory, "node_modules"), { recursive: true });
			symlinkSync(join(repository, "packages/retake"), join(directory, "node_modules/retake"));
			writeFileSync(program, block.text);
			outcome = run(directory, "node", program);
			run(directory, "rm", "-r", program, "node_modules");
		}
		expect(outcome.status, `${place} printed\n${outcome.text}`).toBe(block.exitCode);
		if (block.prints !== null) {
			expect(transcript.mismatch(block.prints, outcome.text), `${place} printed\n${outcome.text}`).toBeNull();
		}
		// The first block makes the repository and goes into it.
		if (directory === scratch.path) directory = join(scratch.path, "slug");
	}
}, 240_000);

test("the TypeScript of the README has the types of the library", () => {
	using scratch = scratchWorkspace({});
	const blocks = readFencedBlocks(readme).filter((block) => block.language === "ts");
	for (const block of blocks) writeFileSync(join(scratch.path, `block-${block.line}.ts`), block.text);
	mkdirSync(join(scratch.path, "node_modules"));
	symlinkSync(join(repository, "packages/retake"), join(scratch.path, "node_modules/retake"));
	const configuration = {
		extends: join(repository, "tsconfig.base.json"),
		compilerOptions: { typeRoots: [join(repository, "node_modules/@types")] },
		include: ["*.ts"],
	};
	writeFileSync(join(scratch.path, "package.json"), '{ "type": "module" }');
	writeFileSync(join(scratch.path, "tsconfig.json"), JSON.stringify(configuration));
	const compiler = join(repository, "node_modules/@typescript/native/bin/tsc");
	// The compiler reads the library's sources too; what it finds there is for the type check of the repository to say.
	const check = () => run(scratch.path, "node", compiler, "-p", "tsconfig.json").text.match(/^(?:block|wrong).*$/gm);
	expect(check()).toBeNull();
	writeFileSync(
		join(scratch.path, "wrong.ts"),
		'import { openSession } from "retake";\nopenSession({ workspace: 1 });\n',
	);
	expect(check()?.join()).toContain("wrong.ts");
});

test("a transcript that says something else is seen", () => {
	const transcript = createTranscriptReader();
	expect(
		transcript.mismatch("run 1m7wzbkhk1r77p0b (5 ms)\n…\nend", "run 1m7wzc13rdecmwsy (71 ms)\na\nb\nend\n"),
	).toBeNull();
	expect(transcript.asHere("retake show 1m7wzbkhk1r77p0b")).toBe("retake show 1m7wzc13rdecmwsy");
	expect(transcript.mismatch("a\nb", "a\nc")).toBe('line 2 is "c", not "b"');
	expect(transcript.mismatch("a\n…\nb", "a\nc\n")).toBe('nothing after line 1 is "b"');
	expect(transcript.mismatch("again 1m7wzbkhk1r77p0b", "again 1m7wzc42q632hgad")).toContain("another run");
});
