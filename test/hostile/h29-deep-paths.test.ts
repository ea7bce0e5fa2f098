import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

/** Goes down by names of a length, so many levels, and leaves a file at the bottom; no path is ever spelled as a whole. */
const descend = String.raw`
my ($levels, $length, $place) = @ARGV; chdir $place if $place;
for my $level (1 .. $levels) { my $name = "d" x $length; mkdir $name or die "mkdir at $level: $!\n"; chdir $name or die "chdir at $level: $!\n" }
open my $file, ">", "bottom" or die "bottom: $!\n"; print $file "deep\n"; print "left\n"`;

const levels = process.env["RETAKE_HOSTILE"] === "full" ? 10_000 : 2500;

hostileRow({
	id: "H29",
	attack: "paths of 8 KiB, thousands of levels of directories",
	limits: { timeoutMs: 60_000 },
	timeoutMs: 300_000,
	sealed: async (arena) => {
		expect((await arena.perl(descend, "60", "135")).stdout).toBe("left\n");
		const [bottom] = arena.session.changes().changes.filter(({ path }) => path.endsWith("/bottom"));
		expect(bottom?.path.length).toBeGreaterThan(8000);

		const startedAt = performance.now();
		expect((await arena.perl(descend, String(levels), "1")).stdout).toBe("left\n");
		const tookMs = performance.now() - startedAt;
		expect(arena.session.changes().changes).toHaveLength(61 + levels + 1);

		// A path that no changeset takes is refused, and the session goes on from where it was.
		await expect(arena.perl(descend, "300", "250")).rejects.toMatchObject({ code: "TREE_REFUSED" });
		expect(arena.session.changes().changes).toHaveLength(61 + levels + 1);
		expect((await arena.shell("rm -rf d*; ls")).stdout).toBe("README.md\n");
		return `8 KiB and ${levels} levels captured, in ${(tookMs / 1000).toFixed(1)} s; 73 KiB refused`;
	},
	control: async (ground) => {
		const program = `${descend}; chdir "/" and chdir $ARGV[2]; stat(("d/" x 3000) . "bottom") or print "then: $!\n"`;
		const { stdout } = await ground.perl(program, "3000", "1", ground.directory);
		expect(stdout).toBe("left\nthen: File name too long\n");
		return "whoever spells the whole path cannot reach it";
	},
});
