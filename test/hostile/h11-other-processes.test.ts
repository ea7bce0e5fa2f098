import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";
import { denials, probeWords, systemCallProbe } from "./ground/system-call-probe.ts";

/** Looks for the canary through the roots of other processes. */
const roots = String.raw`
my @roots = glob "/proc/[0-9]*/root";
printf "tried %d\n", scalar @roots;
printf "reached %d\n", scalar grep { -e "$_$ARGV[0]" } @roots;
`;

/** Traces process 1 or the number given, reads its memory, opens a file by its handle. Without effect where the kernel refuses. */
const calls = (target: number) =>
	probeWords([
		{ name: "ptrace", numbers: { x64: 101, arm64: 117 }, words: [0x4206, target, 0, 0] },
		{ name: "process_vm_readv", numbers: { x64: 310, arm64: 270 }, words: [target, 0, 0, 0, 0, 0] },
		{ name: "open_by_handle_at", numbers: { x64: 304, arm64: 265 }, words: [-100, 0, 0] },
	]);

hostileRow({
	id: "H11",
	attack: "other processes' roots and memory, ptrace, file handles",
	sealed: async (arena) => {
		const reached = proofs((await arena.perl(roots, arena.tripwires.canary)).stdout);
		expect(Number(reached["tried"])).toBeGreaterThan(0);
		expect(reached["reached"]).toBe("0");
		// The runner has no number in here; 1 is the sandbox's own first process.
		const found = proofs((await arena.perl(systemCallProbe, ...calls(1))).stdout);
		expect(Object.keys(found)).toEqual(["ptrace", "process_vm_readv", "open_by_handle_at"]);
		for (const answer of Object.values(found)) expect(denials).toContain(answer);
		return `no other root; ${Object.entries(found)
			.map(([name, answer]) => `${name} ${answer === "1" ? "EPERM" : "ENOSYS"}`)
			.join(", ")}`;
	},
	control: async (ground) => {
		const reached = proofs((await ground.perl(roots, ground.tripwires.canary)).stdout);
		expect(Number(reached["reached"])).toBeGreaterThan(0);
		// On its own number, so that nothing is traced: what matters is that the call is not refused as such.
		const found = proofs((await ground.perl(systemCallProbe, ...calls(0).slice(3, 6))).stdout);
		expect(denials).not.toContain(found["process_vm_readv"]);
		return `canary reached through ${reached["reached"]} roots`;
	},
});
