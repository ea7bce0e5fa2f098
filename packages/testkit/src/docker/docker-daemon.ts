import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a daemon is besides a plain one. */
export interface DaemonKind {
	/** Lays out what it needs in its directory. */
	prepare(directory: string): void;
	/** More of its options. */
	flags(directory: string): readonly string[];
	/** Wraps the program that starts it. */
	line(directory: string, daemon: readonly string[]): readonly string[];
}

const plainDaemon: DaemonKind = { prepare: () => undefined, flags: () => [], line: (_, daemon) => daemon };

const readyMsMax = 30_000;
const stopMsMax = 20_000;

/**
 * A dockerd with everything it writes in one scratch directory, without a bridge and without touching the host's packet filter.
 * It ends with the process that started it, even where that is killed.
 */
export class DockerDaemon {
	readonly socketPath: string;
	readonly #directory: string;
	readonly #child: ChildProcess;

	constructor(storageDriver: "overlay2" | "vfs", kind: DaemonKind = plainDaemon) {
		// Short, because every overlay's options name directories below it and must fit into a page.
		this.#directory = mkdtempSync(join(tmpdir(), "rtd"));
		kind.prepare(this.#directory);
		this.socketPath = join(this.#directory, "sock");
		const log = openSync(join(this.#directory, "log"), "w");
		const daemon = [
			"/usr/sbin/dockerd",
			...["--data-root", join(this.#directory, "d"), "--exec-root", join(this.#directory, "e")],
			...["--pidfile", join(this.#directory, "pid"), "--host", `unix://${this.socketPath}`, "--group", "root"],
			...["--bridge=none", "--iptables=false", "--ip-masq=false", "--shutdown-timeout=3"],
			...[`--storage-driver=${storageDriver}`, ...kind.flags(this.#directory)],
		];
		const [program = "", ...words] = kind.line(this.#directory, ["setpriv", "--pdeathsig", "TERM", ...daemon]);
		this.#child = spawn(program, words, { stdio: ["ignore", log, log] });
		this.#child.on("error", () => {});
		closeSync(log);
	}

	/** Waits until `answers` says so. Throws with the end of the daemon's log where it ends or takes too long. */
	async ready(answers: () => Promise<boolean>): Promise<void> {
		const deadline = performance.now() + readyMsMax;
		while (!(await answers())) {
			const ended = this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
			if (ended || performance.now() > deadline) throw new Error(this.#lastLines());
			await sleep(50);
		}
	}

	/** The daemon's process. */
	get processId(): number | null {
		return this.#child.pid ?? null;
	}

	/** Stops the daemon with every process of its own, unmounts what it left and removes its directory. */
	async stop(): Promise<void> {
		const { pid, exitCode, signalCode } = this.#child;
		if (pid !== undefined && exitCode === null && signalCode === null) {
			const ended = once(this.#child, "exit");
			this.#child.kill("SIGTERM");
			await Promise.race([ended, sleep(stopMsMax, null, { ref: false })]);
			if (this.#child.exitCode === null && this.#child.signalCode === null) {
				this.#child.kill("SIGKILL");
				await ended;
			}
		}
		await this.#endHelpers();
		for (const path of this.#mounts()) execFileSync("umount", ["--lazy", path]);
		rmSync(this.#directory, { recursive: true, force: true });
	}

	/** containerd, its shims and the containers outlive a dockerd that was killed. */
	async #endHelpers(): Promise<void> {
		for (let attempt = 0; attempt < 100; attempt++) {
			const containers = this.#containers();
			const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
			const living = processes.filter((name) => this.#isHelper(name) || isIn(containers, name));
			if (living.length === 0) return;
			for (const name of living) {
				// The first second is theirs to end by themselves.
				if (attempt >= 20) this.#kill(Number(name));
			}
			await sleep(50);
		}
	}

	/** Ids of the containers that the daemon knew. */
	#containers(): readonly string[] {
		const directory = join(this.#directory, "d/containers");
		return existsSync(directory) ? readdirSync(directory) : [];
	}

	#isHelper(pid: string): boolean {
		try {
			const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
			return /containerd(-shim[^/]*)?$/.test(argv[0] ?? "") && argv.some((word) => word.startsWith(this.#directory));
		} catch {
			// It ended while we looked.
			return false;
		}
	}

	#kill(pid: number): void {
		try {
			process.kill(pid, "SIGKILL");
		} catch (error) {
			if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
		}
	}

	/** Mount points below the scratch directory, deepest first. */
	#mounts(): string[] {
		return readFileSync("/proc/self/mountinfo", "utf8")
			.split("\n")
			.map((line) => line.split(" ")[4] ?? "")
			.filter((path) => path.startsWith(`${this.#directory}/`))
			.reverse();
	}

	#lastLines(): string {
		return readFileSync(join(this.#directory, "log"), "utf8").trim().split("\n").slice(-5).join("\n");
	}
}

/** Tells whether a process is in the control group of one of the containers. */
function isIn(containers: readonly string[], pid: string): boolean {
	try {
		const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
		return containers.some((id) => groups.includes(id));
	} catch {
		// It ended while we looked.
		return false;
	}
}
