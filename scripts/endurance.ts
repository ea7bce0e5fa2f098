import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openBubblewrapHarness } from "../packages/sandbox/test/bubblewrap-harness.ts";
import { openDockerGround } from "../packages/sandbox/test/docker-harness.ts";
import { hostProcesses } from "../packages/testkit/src/sandbox/host-processes.ts";
import type { OpenSandboxHarness } from "../packages/testkit/src/sandbox/sandbox-harness.ts";
import { openRoom } from "../packages/testkit/src/sandbox/sandbox-room.ts";

const usage = `Usage: pnpm endurance [--driver NAME] [--timeouts COUNT] [--sequential COUNT] [--live COUNT] [--flood MEBIBYTES]

Prints the figures S2, S3 and L1 of docs/reliability.md. Each is left out where its count is 0.

  --driver       bubblewrap, docker, or both (both)

  --timeouts     hostile commands that are killed by their deadline: how long until none of their processes lives (500)
  --flood        mebibytes of output of one command: how far this process grows, and when the deadline comes (1024)
  --live         sandboxes open at once, each with a command running (100; docker: 32)
  --sequential   commands one after another, and what they leave (10000; docker: 1000)
`;

const { values } = parseArgs({
	options: {
		timeouts: { type: "string", default: "500" },
		flood: { type: "string", default: "1024" },
		driver: { type: "string", default: "both" },
		live: { type: "string" },
		sequential: { type: "string" },
		help: { type: "boolean", default: false },
	},
});

/** A driver, and what this host holds of it. */
interface Subject {
	readonly name: string;
	readonly open: OpenSandboxHarness;
	readonly live: number;
	readonly sequential: number;
	hostState(): Readonly<Record<string, number>>;
}

if (values.help) process.stdout.write(usage);
else {
	if (!["bubblewrap", "docker", "both"].includes(values.driver)) throw new Error(usage);
	if (values.driver !== "docker") {
		const open = (): ReturnType<OpenSandboxHarness> => openBubblewrapHarness();
		await endure({ name: "bubblewrap", open, live: 100, sequential: 10_000, hostState: bubblewrapState });
	}
	if (values.driver !== "bubblewrap") {
		await using ground = await openDockerGround();
		const hostState = (): Readonly<Record<string, number>> => dockerState(ground.socketPath);
		await endure({ name: "docker", open: () => ground.open(), live: 32, sequential: 1000, hostState });
	}
}

async function endure(subject: Subject): Promise<void> {
	const [killed, mebibytes] = [Number(values.timeouts), Number(values.flood)];
	const open = Number(values.live ?? subject.live);
	const turns = Number(values.sequential ?? subject.sequential);
	if (killed > 0) await timeouts(subject, killed);
	if (mebibytes > 0) await flood(subject, mebibytes);
	if (open > 0) await live(subject, open);
	if (turns > 0) await sequential(subject, turns);
}

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

/** The value below which so many hundredths of all lie. */
function percentile(samples: readonly number[], hundredths: number): number {
	const sorted = samples.toSorted((left, right) => left - right);
	return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * hundredths) / 100) - 1)] ?? Number.NaN;
}

/** S2: what ignores signals and leaves daemons is dead when its deadline has come. */
async function timeouts(subject: Subject, count: number): Promise<void> {
	const deadlineMs = 300;
	await using room = await openRoom(subject.open);
	const lateMs: number[] = [];
	let seen = 0;
	let next = 0;
	const attack = async (): Promise<void> => {
		while (next++ < count) {
			const nonce = crypto.randomUUID();
			const script = `trap "" TERM INT HUP; for i in 1 2 3; do setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 1; : ${nonce}; done' & done; while :; do sleep 1; : ${nonce}; done`;
			const started = Promise.withResolvers<number>();
			const onStart = (): void => started.resolve(performance.now());
			const running = room.shell(script, { timeoutMs: deadlineMs, onStart });
			running.catch(started.reject);
			const startedAt = await started.promise;
			await sleep(deadlineMs - 50);
			if (hostProcesses(nonce).some(({ contained }) => contained)) seen++;
			const { timedOut } = await running;
			if (!timedOut) throw new Error("a command that never ends was not ended by its deadline");
			while (hostProcesses(nonce).length > 0) await sleep(5);
			lateMs.push(performance.now() - startedAt - deadlineMs);
		}
	};
	await Promise.all([attack(), attack()]);
	const [middle, late, last] = [50, 99, 100].map((each) => percentile(lateMs, each).toFixed(0));
	say(
		`S2 ${subject.name}: ${count} commands killed by their deadline (${seen} seen alive before): none alive after p50 ${middle}, p99 ${late}, at most ${last} ms`,
	);
}

/** S3: a flood is cut, does not fill this process, and the deadline holds. */
async function flood(subject: Subject, mebibytes: number): Promise<void> {
	const outputBytes = 1024 ** 2;
	await using room = await openRoom(subject.open, { outputBytes, timeoutMs: 120_000 });
	let peak = process.memoryUsage().rss;
	const watch = setInterval(() => {
		peak = Math.max(peak, process.memoryUsage().rss);
	}, 20);
	const { stdout, droppedBytes, usage: used } = await room.shell(`head -c ${mebibytes}M /dev/zero`);
	if (stdout.length + droppedBytes.stdout !== mebibytes * 1024 ** 2)
		throw new Error("output is missing from the count");
	const deadlineMs = 1000;
	const endless = await room.shell("cat /dev/zero", { timeoutMs: deadlineMs });
	clearInterval(watch);
	say(
		`S3 ${subject.name}: ${mebibytes} MiB of output in ${Math.round(used.wallMs)} ms, ${droppedBytes.stdout} bytes dropped and marked; runner at most ${Math.round(peak / 1024 ** 2)} MiB; a deadline of ${deadlineMs} ms came after ${Math.round(endless.usage.wallMs)} ms`,
	);
}

/** What the host holds of this process's sandboxes. */
function bubblewrapState(): Readonly<Record<string, number>> {
	const groups = readFileSync("/proc/self/cgroup", "utf8")
		.split("\n")
		.flatMap((line) => {
			const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
			try {
				return readdirSync(`/sys/fs/cgroup/${controllers}${path}`);
			} catch {
				return [];
			}
		});
	return {
		mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
		groups: groups.filter((name) => name.startsWith(`retake-${process.pid}-`)).length,
		descriptors: readdirSync("/proc/self/fd").length,
		processes: childrenOf(process.pid),
	};
}

/** What the host and the daemon hold of sandboxes in containers. */
function dockerState(socketPath: string): Readonly<Record<string, number>> {
	const docker = (...words: string[]): number =>
		execFileSync("docker", ["--host", `unix://${socketPath}`, ...words], { encoding: "utf8" }).split("\n").length - 1;
	const ours = "label=retake.session";
	return {
		containers: docker("ps", "--all", "--quiet", "--filter", ours),
		volumes: docker("volume", "ls", "--quiet", "--filter", ours),
		mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
		groups: containerGroups(),
		descriptors: readdirSync("/proc/self/fd").length,
		processes: childrenOf(process.pid),
	};
}

/** Control groups that Docker made for containers, of either version. */
function containerGroups(): number {
	return ["/sys/fs/cgroup/memory/docker", "/sys/fs/cgroup/docker", "/sys/fs/cgroup/system.slice"]
		.filter((path) => existsSync(path))
		.flatMap((path) => readdirSync(path))
		.filter((name) => /^(docker-)?[0-9a-f]{64}(\.scope)?$/.test(name)).length;
}

function childrenOf(processId: number): number {
	return readFileSync(`/proc/${processId}/task/${processId}/children`, "utf8")
		.split(" ")
		.filter((each) => each !== "").length;
}

async function difference(subject: Subject, before: Readonly<Record<string, number>>): Promise<string> {
	// Connections that were told to close take a turn or two.
	await sleep(500);
	const after = subject.hostState();
	return Object.keys(before)
		.map((name) => `${(after[name] ?? 0) - (before[name] ?? 0)} ${name}`)
		.join(", ");
}

/** L1, first half: many sandboxes at once. */
async function live(subject: Subject, count: number): Promise<void> {
	const before = subject.hostState();
	const startedAt = performance.now();
	{
		await using rooms = new AsyncDisposableStack();
		const opened = [];
		for (let index = 0; index < count; index++) opened.push(rooms.use(await openRoom(subject.open)));
		const ended = await Promise.all(opened.map((room) => room.shell("sleep 1; echo done")));
		const failed = ended.filter(({ exitCode }) => exitCode !== 0).length;
		say(
			`L1 ${subject.name}: ${count} live sandboxes, each with a command: ${failed} failed, ${Math.round(performance.now() - startedAt)} ms in all`,
		);
	}
	say(`   left on the host: ${await difference(subject, before)}`);
}

/** L1, second half, and L2: many commands one after another. */
async function sequential(subject: Subject, count: number): Promise<void> {
	const before = subject.hostState();
	const milliseconds: number[] = [];
	{
		await using room = await openRoom(subject.open);
		const workspace = room.workspace();
		for (let index = 0; index < count; index++) {
			const startedAt = performance.now();
			const { exitCode } = await room.run(["true"], { workspace });
			if (exitCode !== 0) throw new Error(`true ended with ${exitCode}`);
			milliseconds.push(performance.now() - startedAt);
		}
	}
	say(
		`L1 ${subject.name}: ${count} commands one after another; left on the host: ${await difference(subject, before)}`,
	);
	say(
		`L2 ${subject.name}: start and end of a command: p50 ${percentile(milliseconds, 50).toFixed(1)}, p95 ${percentile(milliseconds, 95).toFixed(1)} ms`,
	);
}
