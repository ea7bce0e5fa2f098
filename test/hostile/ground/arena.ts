import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SandboxLimits } from "@retake/base";
import { replay } from "@retake/evaluator";
import { readTrace } from "@retake/recorder";
import {
	type CommitReport,
	type CommitTarget,
	type ExecOutput,
	openRuntime,
	type Runtime,
	type Session,
} from "@retake/runtime";
import { expect } from "vitest";
import { type AllowedHost, startAllowedHost } from "./allowed-host.ts";
import type { Ended } from "./ended.ts";
import { processesWith } from "./nonce-processes.ts";
import { plantTripwires, type Tripwires } from "./tripwires.ts";

/** How an attack ended that ran as a candidate's command. */
export type Attacked = Ended & Omit<ExecOutput, "stdout" | "stderr">;

/** What an arena is opened with. */
export interface ArenaOptions {
	readonly driver: "bubblewrap" | "docker";
	readonly dockerSocket: string | null;
	readonly limits: Partial<SandboxLimits>;
	/** Files of the workspace. */
	readonly files: Readonly<Record<string, string>>;
	/** Called on the workspace before anything of Retake's sees it. */
	readonly prepare: (workspace: string, tripwires: Tripwires) => void;
	/** Entries of the allow-list besides the one for the allowed host; null for no network at all. */
	readonly allow: ((tripwires: Tripwires) => readonly string[]) | null;
}

/** A workspace, a session on it and the tripwires around it: where one row's attack runs as a candidate's command. */
export interface Arena extends AsyncDisposable {
	readonly driver: "bubblewrap" | "docker";
	readonly dockerSocket: string | null;
	readonly tripwires: Tripwires;
	/** May be reached where the row has an allow-list. */
	readonly allowedHost: AllowedHost;
	readonly workspace: string;
	readonly runtime: Runtime;
	readonly session: Session;
	/** Runs a perl program in the sandbox, as a recorded call. */
	perl(program: string, ...words: readonly string[]): Promise<Attacked>;
	/** Runs a shell script in the sandbox, as a recorded call. */
	shell(script: string, ...words: readonly string[]): Promise<Attacked>;
	/** Runs a command with another deadline than the session's. */
	run(argv: readonly string[], timeoutMs?: number): Promise<Attacked>;
	/** Ends the session by a commit. */
	commit(to: CommitTarget): Promise<CommitReport>;
	/** Says that the row has ended the session itself. */
	ended(): void;
	/**
	 * Expects what the catalogue promises for every row: the canary as it was, the listeners silent, no process with the
	 * nonce alive, and every attack on record: the run plays back to the root hash that it was given.
	 */
	expectUnharmed(): Promise<void>;
}

/** The limits of every row that does not tighten them: what is attacked is never endangered. */
const limits: Partial<SandboxLimits> = {
	timeoutMs: 5000,
	memoryBytes: 256 * 1024 ** 2,
	processes: 64,
	diskBytes: 64 * 1024 ** 2,
	inodes: 20_000,
	outputBytes: 1024 ** 2,
};

/** Opens an arena. */
export async function openArena(options: ArenaOptions): Promise<Arena> {
	await using stack = new AsyncDisposableStack();
	const tripwires = stack.use(await plantTripwires());
	const allowedHost = stack.use(await startAllowedHost(`http://127.0.0.1:${tripwires.port}/`));
	const allow = options.allow === null ? [] : [allowedHost.entry, ...options.allow(tripwires)];
	const before = tripwires.canaryState();
	const workspace = mkdtempSync(join(tmpdir(), "arena-"));
	stack.defer(() => rmSync(workspace, { recursive: true }));
	for (const [name, content] of Object.entries(options.files)) {
		mkdirSync(dirname(join(workspace, name)), { recursive: true });
		writeFileSync(join(workspace, name), content);
	}
	options.prepare(workspace, tripwires);
	const runtime = stack.use(
		await openRuntime({
			workspace,
			sandbox: options.driver,
			limits: { ...limits, ...options.limits },
			allow,
			...(options.dockerSocket === null ? {} : { dockerSocket: options.dockerSocket }),
		}),
	);
	const base = await runtime.freeze("worktree");
	const session = stack.use(await runtime.startSession({ base, kind: "library", title: "hostile", program: null }));
	let issued = 0;
	let isOpen = true;

	const run = async (argv: readonly string[], timeoutMs?: number): Promise<Attacked> => {
		issued++;
		const startedAt = performance.now();
		const input = { argv: [...argv], env: { NONCE: tripwires.nonce } };
		const { stdout, stderr, ...ending } = await session.call(
			"exec",
			timeoutMs === undefined ? input : { ...input, timeoutMs },
		);
		const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
		return { ...ending, stdout: text(stdout), stderr: text(stderr), wallMs: performance.now() - startedAt };
	};

	const expectUnharmed = async (): Promise<void> => {
		expect(await nonceGone(tripwires.nonce)).toEqual([]);
		if (isOpen) await session.keep({ verdict: "attacked", failed: false });
		isOpen = false;
		expect(tripwires.canaryState()).toBe(before);
		expect(tripwires.knocks()).toEqual([]);
		const record = runtime.store.runs.get(session.runId);
		const attacks = readTrace(runtime.store, session.runId).calls.filter(({ identity }) => identity.tool === "exec");
		expect(attacks).toHaveLength(issued);
		for (const { input, outcome } of attacks) {
			expect(JSON.stringify(input)).toContain(tripwires.nonce);
			expect(["result", "error"]).toContain(outcome.kind);
		}
		const report = await replay(runtime, record);
		expect(report).toMatchObject({ divergences: [], rootHash: { recomputed: record.rootHash } });
	};

	const resources = stack.move();
	return {
		driver: options.driver,
		dockerSocket: options.dockerSocket,
		tripwires,
		allowedHost,
		workspace,
		runtime,
		session,
		run,
		perl: (program, ...words) => run(["perl", "-e", program, ...words]),
		shell: (script, ...words) => run(["sh", "-c", script, "sh", ...words]),
		commit: (to) => {
			isOpen = false;
			return session.commit(to);
		},
		ended: () => {
			isOpen = false;
		},
		expectUnharmed,
		[Symbol.asyncDispose]: () => resources.disposeAsync(),
	};
}

/** What has been told to die may take a moment on a busy machine: reliability allows a second. */
async function nonceGone(nonce: string): Promise<readonly number[]> {
	for (let attempt = 0; ; attempt++) {
		const found = processesWith(nonce);
		if (found.length === 0 || attempt === 20) return found;
		await sleep(50);
	}
}
