import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { mutations } from "./mutate-patch.ts";
import { applyByUs, type JudgedCase, judgeCorpus } from "./patch-corpus.ts";

/** RETAKE_CORPUS_SEED and RETAKE_CORPUS_ROUNDS choose other patches and more of them. */
const seed = Number(process.env["RETAKE_CORPUS_SEED"] ?? 20_260_402);
const rounds = Number(process.env["RETAKE_CORPUS_ROUNDS"] ?? 40);

test("git apply and we make the same tree of a patch, or both refuse it, or differ as is written down", () => {
	const judged = judgeCorpus(seed, rounds);
	const counts = new Map<string, number>();
	for (const { verdict } of judged) {
		const name = typeof verdict === "string" ? verdict : verdict.difference;
		counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	const lines = [...counts].map(([name, count]) => `${String(count).padStart(6)}  ${name}`);
	process.stdout.write(
		[
			`${judged.length} patches from seed ${seed}, ${rounds} for each of ${Object.keys(mutations).length} mutations`,
			...lines,
		]
			.join("\n")
			.concat("\n"),
	);
	const unexplained = judged.filter(({ verdict }) => verdict === "unexplained");
	expect(unexplained.slice(0, 3).map(shown), `${unexplained.length} differ without a reason`).toEqual([]);
	if (rounds < 40) return;
	expect(judged.length).toBeGreaterThanOrEqual(2000);
	expect(counts.get("same tree")).toBeGreaterThan(800);
	expect(counts.get("both refuse")).toBeGreaterThan(800);
	// Git's own patches, untouched, are taken wherever git takes them.
	const untouched = judged.filter(({ mutation, index }) => mutation === "as it is" && index % 7 !== 3);
	const refused = untouched.filter(({ verdict, ours }) => ours !== "applied" && verdict !== "both refuse");
	expect(refused.filter(({ flags }) => flags.includes("--binary")).map(shown)).toEqual([]);
});

const spoilt: Readonly<Record<string, (text: string) => string>> = {
	"takes every line for one that ends in a line feed": (text) => text.replace(/^\\ No newline.*\n/gm, ""),
	"loses carriage returns": (text) => text.replace(/\r/g, ""),
	"sees no modes": (text) => text.replace(/^(?:old|new) mode .*\n/gm, ""),
	"stops at the first file": (text) => text.split(/^(?=diff --git )/m)[0] ?? "",
};

test.each(Object.entries(spoilt))("control: one that %s is found out", (_, spoil) => {
	const judged = judgeCorpus(seed, 3, ({ tree, patch }, blobs) =>
		applyByUs({ tree, patch: Buffer.from(spoil(Buffer.from(patch).toString("latin1")), "latin1") }, blobs),
	);
	expect(judged.filter(({ verdict }) => verdict === "unexplained").length).toBeGreaterThan(0);
});

function shown({ index, mutation, flags, said, ours, text, verdict }: JudgedCase): string {
	return `case ${index} (${mutation}, ${flags.join(" ")}): ${JSON.stringify(verdict)}; git: ${said || "applied"}; we: ${ours}\n${text}`;
}
