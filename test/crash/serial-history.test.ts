import { expect, test } from "vitest";
import { type Attempt, checkHistory } from "./ground/serial-history.ts";

function commit(id: string, reads: Attempt["reads"], more: Partial<Attempt> = {}): Attempt {
	const writes = Object.fromEntries(Object.keys(reads).map((path) => [path, `${id} ${path}`]));
	return { id, reads, writes, kind: "committed", conflicts: {}, ...more };
}

const initial = { a: "a0", b: "b0" };

test("commits that build on each other are serialisable, in whatever order they are told", () => {
	const one = commit("one", { a: "a0" });
	const two = commit("two", { a: "one a", b: "b0" });
	const final = { a: "two a", b: "two b" };
	expect(checkHistory(initial, [two, one], final)).toEqual({ lostUpdates: 0, overlaps: 0, contradictions: [] });
});

test("two commits on one version are a lost update", () => {
	const verdict = checkHistory(initial, [commit("one", { a: "a0" }), commit("two", { a: "a0" })], {
		a: "two a",
		b: "b0",
	});
	expect(verdict.lostUpdates).toBe(1);
});

test("commits that read each other have no serial order", () => {
	const circle = [commit("one", { a: "two a", b: "b0" }), commit("two", { b: "one b", a: "a0" })];
	expect(checkHistory(initial, circle, {}).contradictions).toContainEqual(expect.stringContaining("in a circle"));
});

test("a version that nobody committed, and an end that nobody wrote, are found", () => {
	const dirty = checkHistory(initial, [commit("one", { a: "never" })], { a: "one a", b: "b0" });
	expect(dirty.contradictions).toContainEqual(expect.stringContaining("nobody committed"));
	const vanished = checkHistory(initial, [commit("one", { a: "a0" })], { a: "a0", b: "b0" });
	expect(vanished.contradictions).toEqual(["a does not hold what the last commit wrote"]);
});

test("an abort counts as an overlap where it names what somebody committed, and as a fault where it does not", () => {
	const one = commit("one", { a: "a0" });
	const final = { a: "one a", b: "b0" };
	const told = (conflicts: Attempt["conflicts"]): Attempt => commit("two", { a: "a0" }, { kind: "aborted", conflicts });
	expect(checkHistory(initial, [one, told({ a: "one a" })], final)).toMatchObject({ overlaps: 1, contradictions: [] });
	for (const wrong of [{}, { a: "a0" }, { a: "never" }, { b: "b0" }]) {
		expect(checkHistory(initial, [one, told(wrong)], final).contradictions).toHaveLength(1);
	}
});
