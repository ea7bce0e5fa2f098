import { execFileSync, spawnSync } from "node:child_process";
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempDisposableSync,
	readFileSync,
	realpathSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildDockerImage, readImageDeclaration } from "@retake/sandbox";
import { type DockerFixture, ensureDocker, needs, unmetNeeds } from "@retake/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type InstalledRetake, installRetake, testEnvironment } from "./installed-retake.ts";

/** An account that the machine need not have. */
const ordinaryUser = 1500;
const root = join(import.meta.dirname, "../..");
const files = 2000;
let installed: InstalledRetake;
let docker: DockerFixture | null = null;

beforeAll(async () => {
	installed = installRetake();
	if (unmetNeeds().has("docker")) return;
	docker = await ensureDocker();
	const image = readImageDeclaration(join(root, "sandbox-images/base/image.json"));
	await buildDockerImage(image, { socketPath: docker.socketPath, cacheDirectory: join(tmpdir(), "retake-images") });
}, 600_000);

afterAll(async () => {
	installed?.[Symbol.dispose]();
	await docker?.stop();
});

test("the installed command knows its version", () => {
	const { version } = JSON.parse(readFileSync(join(root, "packages/retake/package.json"), "utf8"));
	expect(execFileSync(installed.command, ["--version"], { encoding: "utf8", env: testEnvironment }).trim()).toBe(
		version,
	);
	expect(installed.tarball).toMatch(new RegExp(`/retake-${version}\\.tgz$`));
});

const usesEveryDoor = `
import { type AgentSession, openRecorder, replay } from "retake";
import { recordingMiddleware, retakeTools, sandboxOf } from "retake/ai-sdk";
import { recordedChatModel, retakeTools as langchainTools } from "retake/langchain";
import { recordingMiddleware as mastraMiddleware, retakeTools as mastraTools } from "retake/mastra";
import { recordedModel, retakeTools as agentsTools } from "retake/openai-agents";
import { generateText, wrapLanguageModel, type LanguageModel } from "ai";
import { Agent } from "@openai/agents";
import { z } from "zod";

async function program(session: AgentSession): Promise<number> {
	const double = session.tool("double", z.object({ of: z.number() }), ({ of }) => of * 2);
	const doubled: Promise<number> = double({ of: 21 });
	const takesText: { of: string } extends Parameters<typeof double>[0] ? true : false = false;
	const own: typeof fetch = session.wrapFetch(fetch);
	void [takesText, own, recordedChatModel, recordedModel, mastraMiddleware, wrapLanguageModel, sandboxOf(session)];
	void (() => generateText({ model: {} as LanguageModel, prompt: "", tools: retakeTools(session), experimental_sandbox: sandboxOf(session) }));
	void new Agent({ name: "typed", tools: agentsTools(session) });
	void [recordingMiddleware(session), mastraTools(session, (tool) => tool.id), langchainTools(session).length];
	return doubled;
}
await using recorder = await openRecorder({ workspace: "." });
console.log(await program(recorder));
const { runId } = await recorder.keep({ verdict: "done", failed: false });
const { divergences, served } = await replay(runId, { workspace: ".", agent: async (session) => void (await program(session)) });
console.log(divergences.length, served);
`;

test("the installed package has a door for each framework, with its types, and depends on none of them", () => {
	using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-doors-"));
	const frameworks = ["ai", "@openai/agents", "@langchain/core"];
	const manifest = JSON.parse(readFileSync(join(installed.packages, "retake/package.json"), "utf8"));
	expect(frameworks.filter((name) => name in manifest.dependencies)).toEqual([]);
	expect(frameworks.filter((name) => existsSync(join(installed.packages, "retake/node_modules", name)))).toEqual([]);
	cpSync(join(installed.packages, "retake"), join(scratch.path, "node_modules/retake"), { recursive: true });
	for (const name of [...frameworks, "zod"]) {
		mkdirSync(dirname(join(scratch.path, "node_modules", name)), { recursive: true });
		symlinkSync(
			realpathSync(join(root, "packages/adapters/node_modules", name)),
			join(scratch.path, "node_modules", name),
		);
	}
	writeFileSync(join(scratch.path, "package.json"), '{ "type": "module" }');
	writeFileSync(join(scratch.path, "program.ts"), usesEveryDoor);
	const compilerOptions = {
		...{ strict: true, noEmit: true, module: "nodenext", target: "es2024", lib: ["es2024", "esnext.disposable"] },
		...{ skipLibCheck: true, types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
	};
	writeFileSync(join(scratch.path, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
	const run = (...words: string[]) =>
		spawnSync(process.execPath, words, { cwd: scratch.path, encoding: "utf8", env: testEnvironment });
	const { stdout: complaints } = run(join(root, "node_modules/@typescript/native/bin/tsc"), "-p", ".");
	expect(complaints).toBe("");
	const { stdout, stderr } = run("program.ts");
	expect(stdout, stderr).toBe("42\n0 1\n");
});

test("the workspace's own command works from any directory", () => {
	const { version } = JSON.parse(readFileSync(join(root, "packages/retake/package.json"), "utf8"));
	const command = join(root, "node_modules/.bin/retake");
	expect(execFileSync(command, ["--version"], { cwd: tmpdir(), encoding: "utf8" }).trim()).toBe(version);
});

const own = process.getuid?.() ?? 0;
const rows = [
	{ driver: "bubblewrap", user: 0, who: "root", options: needs("root") },
	{ driver: "bubblewrap", user: own === 0 ? ordinaryUser : own, who: "an ordinary user", options: {} },
	{ driver: "docker", user: 0, who: "root", options: needs("docker") },
];

for (const { driver, user, who, options } of rows) {
	const name = `the main job on a repository of 2,000 files, with ${driver}, as ${who}: evaluates, commits, plays back, compares`;
	test(name, { ...options, timeout: 300_000 }, () => {
		using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-job-"));
		chmodSync(scratch.path, 0o777);
		const workspace = join(scratch.path, "repository");
		const run = (program: string, ...words: string[]) => asUser(user, scratch.path, program, words);
		const git = (...words: string[]) => run("git", "-C", workspace, ...words).stdout;
		run("mkdir", workspace);
		makeFiles(workspace, user);
		git("init", "-q", "-b", "main");
		git("add", ".");
		git("-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "-qm", "base");
		writeFileSync(join(scratch.path, "right.patch"), patch("answer: 42"));
		writeFileSync(join(scratch.path, "wrong.patch"), patch("answer: 41"));

		const retake = (...words: string[]) => {
			const result = run(installed.command, ...words, "--workspace", workspace, "--json");
			return { status: result.status, document: JSON.parse(result.stdout) };
		};
		const check =
			'answer=node -e \'if (!require("fs").readFileSync("d7/f3.txt", "utf8").includes("42")) process.exit(9)\'';
		const candidates = [
			"--candidate",
			join(scratch.path, "right.patch"),
			"--candidate",
			join(scratch.path, "wrong.patch"),
		];
		const judged = retake("eval", "--sandbox", driver, "--check", check, ...candidates, "--commit", "branch:fix");
		expect(judged.document).toMatchObject({
			selected: "right",
			committed: { kind: "branch", branch: "fix" },
			candidates: [
				{ name: "right", verdict: "pass", changedPaths: ["d7/f3.txt"], checks: [{ exitCode: 0 }] },
				{ name: "wrong", verdict: "fail", changedPaths: ["d7/f3.txt"], checks: [{ exitCode: 9 }] },
			],
		});
		expect(judged.status).toBe(0);
		expect(git("diff", "--stat", "main", "fix")).toContain("d7/f3.txt | 2 +-");
		expect(git("status", "--porcelain")).toBe("");
		expect(git("fsck", "--strict")).toBe("");

		const [right, wrong] = judged.document.candidates as { runId: string }[];
		for (const runId of [right?.runId, wrong?.runId, judged.document.runId, "@last-failed"] as string[]) {
			const replayed = retake("replay", runId);
			expect(replayed).toMatchObject({ status: 0, document: { divergences: [] } });
			expect(replayed.document.rootHash.recomputed).toBe(replayed.document.rootHash.recorded);
			expect(replayed.document.served).toBe(replayed.document.calls);
		}
		const verified = retake("replay", right?.runId ?? "", "--verify", "--sandbox", driver);
		expect(verified).toMatchObject({ status: 0 });
		const compared = retake("diff", right?.runId ?? "", wrong?.runId ?? "");
		expect(compared).toMatchObject({
			status: 1,
			document: { rows: { same: 0, inputChanged: 1, resultChanged: 1 }, firstDivergence: { cause: "agent" } },
		});
	});
}

function makeFiles(workspace: string, user: number): void {
	const script = `
		const { mkdirSync, writeFileSync } = require("fs");
		for (let n = 0; n < ${files}; n++) {
			const directory = ${JSON.stringify(workspace)} + "/d" + (n % 50);
			mkdirSync(directory, { recursive: true });
			writeFileSync(directory + "/f" + Math.floor(n / 50) + ".txt", "answer: none\\n");
		}`;
	asUser(user, workspace, process.execPath, ["-e", script]);
}

function patch(line: string): string {
	return `--- a/d7/f3.txt\n+++ b/d7/f3.txt\n@@ -1 +1 @@\n-answer: none\n+${line}\n`;
}

function asUser(user: number, home: string, program: string, words: readonly string[]) {
	const drop = ["--reuid", String(user), "--regid", String(user), "--clear-groups", program];
	const [command, ...rest] = user === own ? [program, ...words] : ["setpriv", ...drop, ...words];
	const daemon = docker === null ? {} : { DOCKER_HOST: `unix://${docker.socketPath}` };
	const env = { ...testEnvironment, HOME: home, ...daemon };
	const result = spawnSync(command ?? program, rest, { cwd: "/", encoding: "utf8", env });
	if (result.error !== undefined) throw result.error;
	if (result.stderr !== "" && result.status !== 0) process.stderr.write(result.stderr);
	return result;
}
