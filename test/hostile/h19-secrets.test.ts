import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { proofs } from "./ground/ended.ts";
import { hostileRow } from "./ground/hostile-row.ts";
import { openGround } from "./ground/open-ground.ts";

/**
 * Looks for a word, given in two halves so that it does not find itself, in the environments and arguments of all
 * processes, in the files named and in all files of the directories named. Prints how many places it read and where it was.
 */
const hunt = String.raw`
use strict;
my $word = shift(@ARGV) . shift(@ARGV); my ($read, @found) = (0);
sub search { my $path = shift; my $file; return unless -e $path && open $file, "<", $path; $read++; local $/; my $all = <$file>; push @found, $path if defined $all && index($all, $word) >= 0 }
search($_) for glob "/proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/self/mountinfo";
sub walk { my ($at, $depth) = @_; return if $depth > 6 || -l $at; if (-d $at) { opendir my $directory, $at or return; walk("$at/$_", $depth + 1) for grep { !/^\.\.?$/ } readdir $directory } elsif (-f $at && -s $at < 1048576) { search($at) } }
walk($_, 0) for @ARGV;
push @found, "environment" if grep { index($_, $word) >= 0 } %ENV;
print "read $read\nfound @found\n";
`;

/** Plants a secret where secrets lie: in this process's environment, in another's, and in files. Returns what takes it away. */
async function plantSecret(secret: string): Promise<{ readonly files: readonly string[] } & AsyncDisposable> {
	const files = [homedir(), tmpdir(), "/dev/shm"].map((place) => join(place, `.retake-secret-${crypto.randomUUID()}`));
	for (const file of files) writeFileSync(file, `password=${secret}\n`, { mode: 0o644 });
	const holder = spawn("sleep", ["60"], { env: { API_KEY: secret }, stdio: "ignore" });
	await once(holder, "spawn");
	process.env["RETAKE_PLANTED_SECRET"] = secret;
	return {
		files,
		[Symbol.asyncDispose]: async () => {
			delete process.env["RETAKE_PLANTED_SECRET"];
			for (const file of files) rmSync(file);
			holder.kill("SIGKILL");
			await once(holder, "exit");
		},
	};
}

const places = [
	"/root",
	"/home",
	"/tmp",
	"/dev/shm",
	"/run",
	"/var",
	"/mnt",
	"/media",
	"/srv",
	"/opt/retake/../..//etc",
	"/workspace",
];
const halves = (word: string): readonly [string, string] => [word.slice(0, 12), word.slice(12)];

hostileRow({
	id: "H19",
	attack: "secrets in environment, /proc, home, mounts",
	limits: { timeoutMs: 15_000 },
	sealed: async (arena) => {
		const secret = arena.tripwires.secret;
		await using planted = await plantSecret(secret);
		const found = proofs((await arena.perl(hunt, ...halves(secret), ...places, ...planted.files, homedir())).stdout);
		expect(Number(found["read"])).toBeGreaterThan(10);
		expect(found["found"]).toBe("");
		// The hunter finds what is there to be found: this word is in its own environment.
		const known = proofs((await arena.perl(hunt, ...halves(arena.tripwires.nonce))).stdout);
		expect(known["found"]).toContain("environment");
		return `none in ${found["read"]} files and environments`;
	},
	control: async () => {
		await using ground = await openGround();
		const secret = ground.tripwires.secret;
		await using planted = await plantSecret(secret);
		const found = proofs(
			(await ground.perl(hunt, ...halves(secret), ...planted.files, ground.tripwires.canary)).stdout,
		);
		for (const file of planted.files) expect(found["found"]).toContain(file);
		expect(found["found"]).toContain(ground.tripwires.canary);
		expect(found["found"]).toMatch(/\/proc\/\d+\/environ/);
		return `found in ${found["found"]?.split(" ").length} places`;
	},
});
