import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/** Forks sleepers until it cannot, or has as many as it was told; says how many there were and why it stopped. */
const forks = String.raw`
my ($most, $made) = ($ARGV[0], 0);
while ($made < $most) {
	my $child = fork;
	if (!defined $child) { printf "stopped %d\n", $!; last }
	if (!$child) { sleep 20; exit }
	$made++;
}
print "made $made\n";
`;

/** The same with threads. */
const threads = String.raw`
use threads; use threads::shared;
my ($most, $made) = ($ARGV[0], 0);
while ($made < $most) {
	my $thread = threads->create({ stack_size => 65536 }, sub { select undef, undef, undef, 20 });
	if (!defined $thread) { printf "stopped %d\n", $!; last }
	$thread->detach; $made++;
}
$| = 1;
print "made $made\n";
require POSIX; POSIX::_exit(0);
`;

/** Every child forks as well: grows as fast as the kernel lets it. */
const bomb = String.raw`$| = 1; print "lit 1\n"; for (;;) { fork }`;

const processes = 48;
const again = 11;

hostileRow({
	id: "H01",
	attack: "fork and thread bomb",
	limits: { processes },
	sealed: async (arena) => {
		const forked = proofs((await arena.perl(forks, "60")).stdout);
		expect(forked).toMatchObject({ stopped: String(again) });
		expect(Number(forked["made"])).toBeGreaterThan(30);
		expect(Number(forked["made"])).toBeLessThan(processes);
		const threaded = proofs((await arena.perl(threads, "60")).stdout);
		expect(threaded).toMatchObject({ stopped: String(again) });
		expect(Number(threaded["made"])).toBeLessThan(processes);

		const burning = arena.run(["perl", "-e", bomb], 1500);
		await new Promise((resolve) => setTimeout(resolve, 700));
		const startedAt = performance.now();
		expect(spawnSync("true").status).toBe(0);
		expect(performance.now() - startedAt).toBeLessThan(1000);
		expect(await burning).toMatchObject({ timedOut: true, stdout: "lit 1\n" });
		return `EAGAIN after ${forked["made"]} forks, ${threaded["made"]} threads; host answers`;
	},
	control: async (ground) => {
		const forked = proofs((await ground.perl(forks, "60")).stdout);
		expect(forked).toEqual({ made: "60" });
		return "60 of 60 forks made";
	},
});
