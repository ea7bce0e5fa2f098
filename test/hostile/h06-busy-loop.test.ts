import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/** Four processes compute for so many seconds; says what they used together, in cores. */
const burn = String.raw`
use Time::HiRes "time";
my $seconds = $ARGV[0]; my $end = time + $seconds;
for (1 .. 4) { next if fork; 1 while time < $end; exit }
1 while wait != -1;
my (undef, undef, $user, $system) = times;
printf "cores %.2f\n", ($user + $system) / $seconds;
`;

const cpus = 0.25;
/** A quota is refilled ten times a second, and the clock of accounts is coarse. */
const slack = 0.1;

hostileRow({
	id: "H06",
	attack: "busy loop on every core",
	limits: { cpus },
	sealed: async (arena) => {
		const { cores } = proofs((await arena.perl(burn, "2")).stdout);
		expect(Number(cores)).toBeGreaterThan(0.05);
		// An ordinary user without delegated control groups has no such limit; `doctor` says so.
		if (process.getuid?.() === 0) expect(Number(cores)).toBeLessThan(cpus + slack);
		return `${cores} cores of ${cpus} allowed`;
	},
	control: async (ground) => {
		const { cores } = proofs((await ground.perl(burn, "2")).stdout);
		expect(Number(cores)).toBeGreaterThan(cpus + slack);
		return `${cores} cores`;
	},
});
