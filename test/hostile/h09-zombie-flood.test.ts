import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";
import { zombieCount } from "./ground/nonce-processes.ts";

/**
 * Leaves orphans that die at once, more than the limit of processes allows for if nobody waits for them; then children of
 * its own that it never waits for. Says how many of each, and how many dead it sees.
 */
const flood = String.raw`
my ($orphans, $children, $tries) = (0, 0, $ARGV[0]);
for (1 .. $tries) {
	my $middle = fork; last if !defined $middle;
	if (!$middle) { fork; exit }
	waitpid $middle, 0; $orphans++;
	select undef, undef, undef, 0.005;
}
for (1 .. $ARGV[1]) { my $child = fork; last if !defined $child; exit if !$child; $children++ }
select undef, undef, undef, 0.3;
my $dead = grep { my $stat; open($stat, "<", $_) && <$stat> =~ /\) Z/ } glob "/proc/[0-9]*/stat";
print "orphans $orphans\nchildren $children\ndead $dead\n";
`;

hostileRow({
	id: "H09",
	attack: "zombie flood",
	limits: { processes: 48 },
	sealed: async (arena) => {
		const before = zombieCount();
		const { orphans, children, dead } = proofs((await arena.perl(flood, "150", "30")).stdout);
		expect([orphans, children]).toEqual(["150", "30"]);
		// The orphans are gone, waited for by the first process inside; its own children are its own.
		expect(Number(dead)).toBeGreaterThanOrEqual(30);
		expect(Number(dead)).toBeLessThanOrEqual(31);
		expect(zombieCount() - before).toBeLessThan(20);
		return `150 orphans reaped under a limit of 48; 30 zombies gone with the call`;
	},
	control: async (ground) => {
		const { dead } = proofs((await ground.perl(flood, "1", "30")).stdout);
		expect(Number(dead)).toBeGreaterThanOrEqual(30);
		return `${dead} zombies among the host's processes`;
	},
});
