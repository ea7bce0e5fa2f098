/** What daemons and runtimes answer, and what mends it. The first that fits. */
const remedies: readonly (readonly [RegExp, string])[] = [
	[
		/no space left on device|disk quota exceeded/i,
		"make room on the daemon's disk (docker system prune), or give it another data root",
	],
	[
		/cannot run with network enabled in root network namespace/,
		"give runsc --network=none (runtimeArgs in the daemon's configuration), or take a newer gVisor: this one does not know the kernel",
	],
	[/exec format error/i, "build or import the image again: its programs are damaged, or another machine's"],
	[
		/executable file not found|no such file or directory: unknown/i,
		"use an image that has sh, env and sleep (Debian, Alpine, busybox)",
	],
	[
		/layer does not exist|error creating overlay mount|unable to find .* in the (image|layer) store/i,
		"remove the image from the daemon and load it again: its layers are damaged",
	],
	[
		/ECONNREFUSED|ECONNRESET|EPIPE|socket hang up|connect ENOENT|disconnected before secure TLS/,
		"start the daemon again (systemctl start docker), then the command: the daemon went away meanwhile, and what the command wrote is lost",
	],
];

/** Returns what mends a failure that a daemon described. */
export function daemonRemedy(detail: string): string {
	const [, remedy] = remedies.find(([pattern]) => pattern.test(detail)) ?? [];
	return remedy ?? "look into the daemon's log; retake doctor tries each part of it";
}
