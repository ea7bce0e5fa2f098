import { beforeAll, describe, expect, test } from "vitest";
import { corpus } from "./corpus.ts";
import { type CorpusOutcome, verifyCorpus } from "./run-corpus.ts";

// The whole corpus, in its own image and beside docker run, is `pnpm determinism`. This is what runs in the host's own programs.
const sample = corpus.filter(({ script }) =>
	/^(node |date;|git |sort |cut |grep |awk |git init .* -m first|tar --sort|perl -e 'my)/.test(script),
);
const quiet = (): void => undefined;
const of = (outcomes: readonly CorpusOutcome[], start: string): CorpusOutcome | undefined =>
	outcomes.find(({ command }) => command.script.startsWith(start));

describe("a sample of the corpus, executed and verified", () => {
	let fixed: readonly CorpusOutcome[];
	let host: readonly CorpusOutcome[];
	beforeAll(async () => {
		fixed = await verifyCorpus(sample, { toolchain: "node", clock: "fixed" }, quiet);
		host = await verifyCorpus(sample, { toolchain: "node", clock: "host" }, quiet);
	});

	test("comes out the same to the byte under a fixed clock", () => {
		expect(sample.length).toBeGreaterThan(15);
		expect(fixed.filter(({ difference }) => difference !== null)).toEqual([]);
	});

	test("of commands that do what they are there for: they were found, and ended as they should", () => {
		const failing = fixed.filter(({ exitCode }) => exitCode !== 0).map(({ command }) => command.script);
		expect(failing.toSorted()).toEqual(["node --eval 'throw new Error(\"with a stack\")'", "node --test tests/"]);
	});

	test("does not under the host's clock, and the verification says that it was the time", () => {
		expect(of(host, "date;")?.difference).toMatchObject({ fields: ["stdout"], cause: "time" });
		expect(of(host, "node --test tests/node")?.difference).toMatchObject({ cause: "time" });
		expect(of(host, "node -e 'console.log(new Date()")?.difference).not.toBeNull();
		expect(of(host, "node -p")?.difference).toBeNull();
	});
});
