import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { commitToBranch } from "@retake/txfs";
import { branchCommits, branchRefName, plantRepository } from "../ground/branch-workload.ts";
import { git } from "../ground/git.ts";
import { endPoint, killAt, recordCalls } from "../ground/system-calls.ts";
import { Tally } from "../ground/tally.ts";
import type { Sweep } from "../sweep.ts";

const lanes = 3;

/**
 * R1 for a git branch: killed right before each call, the ref names one of the commits, nothing acknowledged is gone, git finds the
 * repository sound, and the next commits go through with nobody's help.
 */
export const killBranch: Sweep = {
	id: "R1",
	name: "kill-branch",
	title: "killed in a commit to a git branch",
	needsRoot: false,
	sampled: 14,
	harmShareMin: null,
	async run(ground) {
		const template = join(ground.place, "repository");
		mkdirSync(template);
		plantRepository(template);
		const rehearsal = await ground.copy(template, "rehearsal");
		const points = [...(await recordCalls(ground.command("branch", "-", rehearsal))), endPoint];
		const history = git(rehearsal, "rev-list", "--reverse", branchRefName, "^main").split("\n");
		const tally = new Tally();
		await ground.strikeAll(ground.choose(points), lanes, async (point) => {
			const label = `${point.name}-${point.nth}`;
			const repository = await ground.copy(template, label);
			const output = await killAt(ground.command("branch", "-", repository), point);
			tally.blow();
			const acknowledged = output.split('"kind":"committed"').length - 1;
			const tip = tipOf(repository);
			const held = tip === null ? 0 : history.indexOf(tip) + 1;
			if (tip !== null && held === 0) tally.torn(`${label}: the ref is ${tip}`);
			else if (held < acknowledged) tally.lost(label);
			const complaints = git(repository, "fsck", "--full", "--no-dangling");
			if (complaints !== "") tally.fault(`${label}: git fsck: ${complaints}`);
			tally.saw(`at commit ${held}`);
			const commits = branchCommits(repository);
			// The last one also where it is there already: it clears up as every commit does.
			for (const commit of commits.slice(Math.min(held, commits.length - 1))) {
				const outcome = await commitToBranch(commit).catch((error: unknown) => ({ kind: String(error) }));
				if (outcome.kind !== "committed") tally.fault(`${label}: the next commit: ${outcome.kind}`);
			}
			if (tipOf(repository) !== history.at(-1)) tally.torn(`${label}: the commits after the kill ended elsewhere`);
			tally.litter(label, strayFiles(join(repository, ".git")));
			await ground.clear(repository);
		});
		return tally.figures(points.length);
	},
};

function tipOf(repository: string): string | null {
	return existsSync(join(repository, ".git", branchRefName)) ? git(repository, "rev-parse", branchRefName) : null;
}

/** Returns locks, and what is in the object directory and no object, once git has swept out its own kind of rubbish. */
function strayFiles(gitDirectory: string): readonly string[] {
	git(gitDirectory, "prune", "--expire=now");
	return readdirSync(gitDirectory, { recursive: true, encoding: "utf8" }).filter(
		(path) => path.endsWith(".lock") || path.endsWith(".tmp") || /tmp_obj|retake-/.test(path),
	);
}
