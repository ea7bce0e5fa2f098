import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";
import { processesWith } from "./ground/nonce-processes.ts";

/** Ignores what can be ignored, then stops itself, and a child of its with it. */
const deaf = String.raw`
$| = 1;
$SIG{$_} = "IGNORE" for qw(TERM INT HUP QUIT ALRM USR1 USR2);
fork;
print "armed\n";
kill STOP => $$;
sleep 60;
`;

const deadlineMs = 1000;
const graceMs = 1000;

hostileRow({
	id: "H08",
	attack: "ignores TERM, INT, HUP; stops itself",
	sealed: async (arena) => {
		const ended = await arena.run(["perl", "-e", deaf], deadlineMs);
		expect(ended).toMatchObject({ timedOut: true, exitCode: null, stdout: "armed\narmed\n" });
		expect(ended.wallMs).toBeGreaterThanOrEqual(deadlineMs);
		expect(ended.wallMs).toBeLessThan(deadlineMs + graceMs + 1500);
		expect(processesWith(arena.tripwires.nonce)).toEqual([]);
		return `dead when the call returned, ${Math.round(ended.wallMs - deadlineMs)} ms after the deadline`;
	},
	control: async (ground) => {
		const script = String.raw`perl -e "$1" & child=$!; sleep 0.5; kill -TERM $child; kill -CONT $child; sleep 0.3; kill -0 $child && echo survived`;
		const ended = await ground.shell(script, deaf);
		expect(ended.stdout).toContain("survived");
		return "SIGTERM survived";
	},
});
