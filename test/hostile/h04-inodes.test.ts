import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";

/** Makes empty files until it cannot, or has as many as it was told; takes them away again. */
const flood = String.raw`
my ($most, $made) = ($ARGV[0], 0);
while ($made < $most) { open my $file, ">", "f$made" or do { printf "stopped %d\n", $!; last }; $made++ }
print "made $made\n";
unlink map { "f$_" } 0 .. $made - 1;
`;

const noSpace = 28;

hostileRow({
	id: "H04",
	attack: "inodes exhausted",
	limits: { inodes: 300 },
	sealed: async (arena) => {
		const { made, stopped } = proofs((await arena.perl(flood, "2000")).stdout);
		expect(stopped).toBe(String(noSpace));
		expect(Number(made)).toBeGreaterThan(200);
		expect(Number(made)).toBeLessThanOrEqual(300);
		expect((await arena.shell(": > again && rm again && echo fine")).stdout).toBe("fine\n");
		return `ENOSPC after ${made} files`;
	},
	control: async (ground) => {
		expect(proofs((await ground.perl(flood, "2000")).stdout)).toEqual({ made: "2000" });
		return "2000 of 2000 files made";
	},
});
