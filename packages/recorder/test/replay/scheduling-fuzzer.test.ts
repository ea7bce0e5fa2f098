import { describe, expect, test } from "vitest";
import { temporaryStore } from "../fixture.ts";
import { fuzzDivergence, fuzzPlayback, playsAnotherRecord } from "../fuzz-case.ts";

/** `pnpm fuzz` takes 10,000. */
const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

describe("the scheduling fuzzer", () => {
	test("any schedule of the program gets the same bytes in the same order and the same root hash", {
		timeout: 120_000,
	}, async () => {
		using fixture = temporaryStore();
		for (const seed of seeds) expect(await fuzzPlayback(fixture.store, seed), `seed ${seed}`).toBeNull();
	});

	test("a call that is changed, inserted or left out is found and named, whatever the schedule", {
		timeout: 120_000,
	}, async () => {
		using fixture = temporaryStore();
		for (const seed of seeds.slice(0, 100)) {
			expect(await fuzzDivergence(fixture.store, seed), `seed ${seed}`).toBeNull();
		}
	});

	test("control: with another record the program sees something else", async () => {
		using fixture = temporaryStore();
		expect(await playsAnotherRecord(fixture.store)).toBe(true);
	});
});
