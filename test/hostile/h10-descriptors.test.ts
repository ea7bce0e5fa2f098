import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

/** Lists what its own descriptors and those of every process that it sees lead to, working directories among them. */
const look = String.raw`
opendir my $own, "/proc/self/fd";
for my $name (sort { $a <=> $b } grep { /^\d+$/ } readdir $own) {
	next if $name == fileno $own;
	my $target = readlink("/proc/self/fd/$name") // next;
	print "own $name $target\n";
}
for my $link (glob "/proc/[0-9]*/fd/* /proc/[0-9]*/cwd /proc/[0-9]*/root") {
	my $target = readlink($link) // next;
	print "seen $target\n";
	print "escaped $target\n" if -e "$link/$ARGV[0]" || $target eq $ARGV[0];
}
`;

hostileRow({
	id: "H10",
	attack: "inherited descriptors, working directories in /proc",
	sealed: async (arena) => {
		const { stdout } = await arena.perl(look, arena.tripwires.canary);
		const own = [...stdout.matchAll(/^own (\d+) /gm)].map((match) => match[1]);
		expect(own).toEqual(["0", "1", "2"]);
		expect(stdout).toMatch(/^seen \/workspace$/m);
		expect(stdout).not.toContain("escaped");
		expect(stdout).not.toMatch(/^seen \S*(canary|arena-|\.retake)/m);
		return "0 to 2 alone; nothing leads outside";
	},
	control: async (ground) => {
		const script = 'exec 7< "$2"; perl -e "$1" "$2"';
		const { stdout } = await ground.shell(script, look, ground.tripwires.canary);
		expect(stdout).toContain(`own 7 ${ground.tripwires.canary}`);
		expect(stdout).toContain("escaped");
		return "an inherited descriptor leads to the canary";
	},
});
