import { existsSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/** Opens each for writing, and writes nothing; then tries to become a member of the outermost control groups. */
const write = String.raw`
my ($opened, $tried) = (0, 0);
for my $path ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/overcommit_memory",
	"/sys/kernel/uevent_helper", "/sys/power/state", glob("/sys/fs/cgroup/*/release_agent"), glob("/sys/fs/cgroup/*/cgroup.procs"),
	"/sys/fs/cgroup/cgroup.procs", "/proc/1/oom_score_adj") {
	$tried++;
	open my $file, "+<", $path or next;
	next if $path =~ /oom_score_adj/ && !print { $file } "-1000\n";
	$opened++ if close $file;
	print "wrote $path\n";
}
print "tried $tried\nopened $opened\n";
`;

const settings = ["core_pattern", "modprobe", "panic", "printk"]
	.map((name) => `/proc/sys/kernel/${name}`)
	.filter((path) => existsSync(path));
const state = (): readonly string[] => settings.map((path) => readFileSync(path, "utf8"));

hostileRow({
	id: "H13",
	attack: "sysrq, core_pattern, /proc/sys, release_agent, other control groups",
	sealed: async (arena) => {
		const before = state();
		const { stdout } = await arena.perl(write);
		expect(Number(proofs(stdout)["tried"])).toBeGreaterThan(6);
		expect(proofs(stdout)["opened"]).toBe("0");
		expect(state()).toEqual(before);
		return `0 of ${proofs(stdout)["tried"]} opened for writing`;
	},
	controlNeedsRoot: true,
	control: async (ground) => {
		const { stdout } = await ground.shell(settings.map((path) => `: <> ${path} && echo opened`).join("\n"));
		expect(stdout.match(/opened/g)).toHaveLength(settings.length);
		return `${settings.length} of ${settings.length} opened for writing`;
	},
});
