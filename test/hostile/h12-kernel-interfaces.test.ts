import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";
import { denials, probeWords, type SystemCallTry, systemCallProbe } from "./ground/system-call-probe.ts";

const newUserNamespace = 0x10000000;
const newMounts = 0x00020000;

/** Arguments are empty or wrong, so that a call which is let through ends with another error. */
const tries: readonly SystemCallTry[] = [
	{ name: "mount", numbers: { x64: 165, arm64: 40 }, words: [0, 0, 0, 0, 0] },
	{ name: "unshare-user", numbers: { x64: 272, arm64: 97 }, words: [newUserNamespace] },
	{ name: "unshare-mounts", numbers: { x64: 272, arm64: 97 }, words: [newMounts] },
	{ name: "setns", numbers: { x64: 308, arm64: 268 }, words: [0, 0] },
	{ name: "pivot_root", numbers: { x64: 155, arm64: 41 }, words: [0, 0] },
	{ name: "fsopen", numbers: { x64: 430, arm64: 430 }, words: [0, 0] },
	{ name: "bpf", numbers: { x64: 321, arm64: 280 }, words: [-1, 0, 0] },
	{ name: "keyctl", numbers: { x64: 250, arm64: 219 }, words: [0, -3, 0] },
	{ name: "userfaultfd", numbers: { x64: 323, arm64: 282 }, words: [0] },
	{ name: "io_uring_setup", numbers: { x64: 425, arm64: 425 }, words: [0, 0] },
	{ name: "perf_event_open", numbers: { x64: 298, arm64: 241 }, words: [0, 0, 0, 0, 0] },
	{ name: "kexec_load", numbers: { x64: 246, arm64: 104 }, words: [0, -1, 0, -1] },
];

hostileRow({
	id: "H12",
	attack: "mount, namespaces, bpf, keyrings, io_uring, perf, kexec",
	sealed: async (arena) => {
		const found = proofs((await arena.perl(systemCallProbe, ...probeWords(tries))).stdout);
		expect(Object.keys(found)).toEqual(tries.map(({ name }) => name));
		expect(Object.entries(found).filter(([, answer]) => !denials.includes(answer))).toEqual([]);
		return `${tries.length} of ${tries.length} calls EPERM or ENOSYS`;
	},
	controlNeedsRoot: true,
	control: async (ground) => {
		const harmless = tries.filter(({ name }) => name !== "kexec_load");
		const found = proofs((await ground.perl(systemCallProbe, ...probeWords(harmless))).stdout);
		const through = Object.entries(found).filter(([, answer]) => !denials.includes(answer));
		expect(through.map(([name]) => name)).toEqual(expect.arrayContaining(["mount", "unshare-mounts", "setns", "bpf"]));
		return `${through.length} of ${harmless.length} calls reach the kernel`;
	},
});
