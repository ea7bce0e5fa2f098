import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";
import { processesWith } from "./ground/nonce-processes.ts";

/** Forks twice with a session of its own between, lets go of every descriptor, and says that it lives when it does. */
const daemon = String.raw`
use POSIX "setsid";
pipe my $reading, my $writing;
if (!fork) {
	setsid;
	exit if fork;
	$SIG{$_} = "IGNORE" for qw(TERM INT HUP QUIT PIPE);
	chdir "/"; open STDIN, "<", "/dev/null"; open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null";
	syswrite $writing, "daemon " . getsid_of_self() . "\n"; close $writing;
	sleep 60;
	exit;
}
close $writing;
print <$reading>;
sub getsid_of_self { (split " ", do { open my $stat, "<", "/proc/self/stat"; <$stat> })[5] }
`;

hostileRow({
	id: "H07",
	attack: "double-forked daemon with setsid",
	sealed: async (arena) => {
		const left = await arena.perl(daemon);
		expect(left).toMatchObject({ exitCode: 0, timedOut: false });
		// Its session is not that of whoever started it: it had got away.
		expect(Number(proofs(left.stdout)["daemon"])).toBeGreaterThan(1);
		expect(processesWith(arena.tripwires.nonce)).toEqual([]);
		return "dead when the call returned";
	},
	control: async (ground) => {
		const left = await ground.perl(daemon);
		expect(left.exitCode).toBe(0);
		await sleep(300);
		expect(processesWith(ground.tripwires.nonce)).not.toEqual([]);
		return "alive after its parent's end";
	},
});
