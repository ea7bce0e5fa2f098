import { randomInt } from "node:crypto";
import { needs } from "@retake/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPrograms, type Programs } from "./ground/build-programs.ts";
import { CrashGround } from "./ground/crash-ground.ts";
import { complaint } from "./sweep.ts";
import { sweeps } from "./sweeps.ts";

// A sample of what `pnpm crash` does in full.
const seed = randomInt(2 ** 31);
let programs: Programs;

beforeAll(async () => {
	console.log(`seed ${seed}`);
	programs = await buildPrograms();
});
afterAll(() => programs[Symbol.dispose]());

for (const sweep of sweeps.filter(({ sampled }) => sampled > 0)) {
	const title =
		sweep.harmShareMin === null ? `${sweep.id} ${sweep.title}: no harm` : `${sweep.id} ${sweep.title}: harm`;
	test(title, sweep.needsRoot ? needs("root") : {}, async () => {
		using ground = new CrashGround({ programs, pointsMax: sweep.sampled, seed, onProgress: () => undefined });
		const figures = await sweep.run(ground);
		console.log(`${figures.blows} blows at ${figures.points} points: ${figures.seen}`);
		expect(complaint(sweep, figures)).toBeNull();
	});
}
