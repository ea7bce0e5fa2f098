import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

/** Grows by 8 MiB at a time, touching every page, up to so many MiB; says how far it came. */
const grow = String.raw`
$| = 1;
my ($most, $held) = ($ARGV[0], 0); my @held;
while ($held < $most) { push @held, "x" x 8388608; $held += 8; print "held $held\n" }
`;

/** Fills a file in a directory that lies in memory; says what of it fitted. */
const fill = 'head -c "$2"M /dev/zero > "$1/big"; echo "kept $(($(stat -c %s "$1/big") / 1048576))"';

const mebibyte = 1024 ** 2;
const limit = 96;
/** Without control groups a watcher kills after it has looked, which on a busy machine is late: `doctor` says how far. */
const overshoot = process.getuid?.() === 0 ? 0 : 400;
/** What the bomb holds if nobody stops it; without the sandbox, no more than the machine of the tests can bear. */
const wanted = { sealed: 768, control: 192 };

hostileRow({
	id: "H02",
	attack: "memory bomb: anonymous, tmpfs, shm",
	limits: { memoryBytes: limit * mebibyte },
	sealed: async (arena) => {
		const grown = await arena.perl(grow, String(wanted.sealed));
		const held = Number(grown.stdout.trim().split(/\s+/).at(-1));
		expect(held).toBeGreaterThan(30);
		expect(held).toBeLessThanOrEqual(limit + overshoot);
		expect(grown.exitCode).not.toBe(0);
		expect(grown).toMatchObject({ outOfMemory: true, timedOut: false });
		for (const place of ["/tmp", "/dev/shm"]) {
			const filled = await arena.shell(fill, place, "192");
			const kept = Number(/kept (\d+)/.exec(filled.stdout)?.[1] ?? Number.NaN);
			expect(filled.outOfMemory || (filled.stderr.includes("No space left") && kept < limit)).toBe(true);
		}
		expect(await arena.shell("echo fine")).toMatchObject({ exitCode: 0, stdout: "fine\n" });
		return `killed at ${held} of ${wanted.sealed} MiB, reported out of memory; tmpfs and shm bounded`;
	},
	control: async (ground) => {
		const grown = await ground.perl(grow, String(wanted.control));
		expect(grown.exitCode).toBe(0);
		expect(grown.stdout).toContain(`held ${wanted.control}\n`);
		return `${wanted.control} of ${wanted.control} MiB held`;
	},
});
