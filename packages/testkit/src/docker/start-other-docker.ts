import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DaemonKind, DockerDaemon } from "./docker-daemon.ts";
import { answers, type DockerFixture } from "./ensure-docker.ts";

/** The user whose ids a daemon's containers are given, or that the daemon is itself. No account of the machine has the number. */
const user = { name: "retake-daemon", id: 1500, firstId: 300_000, ids: 65_536 } as const;

/** Programs that a rootless daemon needs besides Docker's own. */
const rootlessScript = "/usr/share/docker.io/contrib/dockerd-rootless.sh";

/**
 * Starts a daemon whose containers have users of their own (`userns-remap`). It is told of the user in a mount namespace of its own: the
 * accounts of the machine stay as they are. Needs root and `/usr/sbin/dockerd`.
 */
export async function startDockerWithUsers(): Promise<DockerFixture> {
	return start({
		prepare: layOutAccounts,
		flags: () => [`--userns-remap=${user.name}`],
		line: (directory, daemon) => withAccounts(directory, "exec", daemon),
	});
}

/**
 * Starts a daemon that runs as an ordinary user, by Docker's own script. Needs root, to become that user, and `rootlesskit`, `slirp4netns`,
 * `newuidmap` and `ip`.
 */
export async function startRootlessDocker(): Promise<DockerFixture> {
	return start({
		prepare: (directory) => {
			layOutAccounts(directory);
			for (const name of ["home", "run"]) {
				mkdirSync(join(directory, name), { mode: 0o700 });
				chownSync(join(directory, name), user.id, user.id);
			}
			chownSync(directory, user.id, user.id);
			// Where the machine keeps it to root, the daemon has one of its own.
			execFileSync("mknod", ["-m", "666", join(directory, "tun"), "c", "10", "200"]);
		},
		flags: () => [],
		line: (directory, daemon) => {
			const environment = `export PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=${directory}/home XDG_RUNTIME_DIR=${directory}/run`;
			const before = `mount --bind ${directory}/tun /dev/net/tun && ${environment} && exec`;
			const as = [
				"setpriv",
				"--reuid",
				String(user.id),
				"--regid",
				String(user.id),
				"--init-groups",
				"--pdeathsig",
				"TERM",
			];
			const options = daemon.slice(daemon.findIndex((word) => word.endsWith("/dockerd")) + 1);
			return withAccounts(directory, before, [...as, "sh", rootlessScript, ...options]);
		},
	});
}

/** Starts a daemon that knows gVisor's runtime as `runsc`. Needs root, `/usr/sbin/dockerd` and `/usr/bin/runsc`. */
export async function startDockerWithGvisor(): Promise<DockerFixture> {
	return start({
		prepare: (directory) => {
			// Its own look at the network fails on newer kernels than it knows; rooms have none.
			const runtimes = { runsc: { path: "/usr/bin/runsc", runtimeArgs: ["--network=none"] } };
			writeFileSync(join(directory, "config"), JSON.stringify({ runtimes }));
		},
		flags: (directory) => ["--config-file", join(directory, "config")],
		line: (_, daemon) => daemon,
	});
}

/** Starts a daemon whose disk has so many bytes. Needs root and `/usr/sbin/dockerd`. */
export async function startSmallDocker(bytes: number): Promise<DockerFixture> {
	return start({
		prepare: (directory) => {
			mkdirSync(join(directory, "d"));
			execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "retake-small", join(directory, "d")]);
		},
		flags: () => [],
		line: (_, daemon) => daemon,
	});
}

async function start(kind: DaemonKind): Promise<DockerFixture> {
	const daemon = new DockerDaemon("overlay2", kind);
	try {
		await daemon.ready(() => answers(daemon.socketPath));
		return { socketPath: daemon.socketPath, processId: daemon.processId, stop: () => daemon.stop() };
	} catch (error) {
		await daemon.stop();
		throw error;
	}
}

/** Writes the machine's accounts with one more, and the ids that it may give to others. */
function layOutAccounts(directory: string): void {
	chmodSync(directory, 0o711);
	for (const name of ["passwd", "group"]) copyFileSync(`/etc/${name}`, join(directory, name));
	appendFileSync(join(directory, "passwd"), `${user.name}:x:${user.id}:${user.id}::${directory}/home:/bin/sh\n`);
	appendFileSync(join(directory, "group"), `${user.name}:x:${user.id}:\n`);
	for (const name of ["subuid", "subgid"]) {
		writeFileSync(join(directory, name), `${user.name}:${user.firstId}:${user.ids}\n`);
	}
}

function withAccounts(directory: string, before: string, line: readonly string[]): readonly string[] {
	const binds = ["passwd", "group", "subuid", "subgid"].map((name) => `mount --bind ${directory}/${name} /etc/${name}`);
	return [
		"unshare",
		"--mount",
		"--propagation",
		"private",
		"sh",
		"-c",
		`${binds.join(" && ")} && ${before} "$@"`,
		"sh",
		...line,
	];
}
