import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
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

const ownDescriptors = (stdout: string): readonly string[] =>
	[...stdout.matchAll(/^own (\d+) /gm)].map(([, own = ""]) => own);

/** Where the runner is started with a descriptor to the canary: far above those that Node closes by itself. */
const planted = 40;

/** Runs a program with one more descriptor than it asked for; returns what it printed. */
async function withDescriptor(path: string, program: string, words: readonly string[]): Promise<string> {
	const descriptor = openSync(path, "r+");
	const others = Array.from({ length: planted - 3 }, () => "ignore" as const);
	const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit", ...others, descriptor] });
	closeSync(descriptor);
	let printed = "";
	child.stdout?.setEncoding("utf8").on("data", (text: string) => {
		printed += text;
	});
	await once(child, "close");
	return printed;
}

hostileRow({
	id: "H10",
	attack: "inherited descriptors, working directories in /proc",
	sealed: async (arena) => {
		const { canary } = arena.tripwires;
		const { stdout } = await arena.perl(look, canary);
		const runner = [join(import.meta.dirname, "ground/started-with-descriptors.ts"), arena.workspace, arena.driver];
		const words = [...runner, arena.dockerSocket ?? "", look, canary];
		const second = await withDescriptor(
			canary,
			process.execPath,
			words.map((word) => word || "/nowhere"),
		);
		for (const seen of [stdout, second]) {
			expect(ownDescriptors(seen)).toEqual(["0", "1", "2"]);
			expect(seen).toMatch(/^seen \/workspace$/m);
			expect(seen).not.toContain("escaped");
			expect(seen).not.toMatch(/^seen \S*(canary|arena-|\.retake)/m);
		}
		return "0 to 2 alone; nothing leads outside";
	},
	control: async (ground) => {
		const stdout = await withDescriptor(ground.tripwires.canary, "perl", ["-e", look, ground.tripwires.canary]);
		expect(stdout).toContain(`own ${planted} ${ground.tripwires.canary}`);
		expect(stdout).toContain("escaped");
		return "an inherited descriptor leads to the canary";
	},
});
