import type { SandboxLimits } from "@retake/base";
import type { ExecRequest, SandboxOptions } from "../sandbox.ts";
import { places } from "./places.ts";
import { privatePlaceBytes, privatePlaces } from "./private-places.ts";
import type { SpelledWorkspace } from "./spell-workspace.ts";
import type { BubblewrapTools } from "./tools.ts";

/** Descriptors of the chain, beside the standard three. A shell knows those below ten. */
export const descriptors = { status: 3, firstGroup: 4, filter: 9 } as const;

/** The descriptor on which a command waits for its way out, after those of its control groups. */
function gateDescriptor(groupCount: number): number {
	return descriptors.firstGroup + groupCount;
}

/**
 * How far beyond the memory limit one process may reserve where a watcher enforces it: the limit counts what is mapped
 * writable, touched or not, and Node 24 maps 573 MB before it runs its first line.
 */
const reservedBeyondMemoryBytes = 1024 ** 3;

/** What is the same for every command of one sandbox. */
export interface CommandContext {
	readonly tools: BubblewrapTools;
	readonly options: SandboxOptions;
	readonly holder: number;
	/** How many control groups a command joins; without any, limits of single processes stand in. */
	readonly groupCount: number;
	/** Whether the command waits to be let go, when all is in place but itself. */
	readonly isGated: boolean;
	/** Node's process id: the chain goes no further where its parent is gone. */
	readonly parent: number;
}

/**
 * Builds the chain of programs that becomes a command, each replacing the one before:
 * `setarch` (addresses not randomised) → `nsenter` (the holder's mounts; as root, the owner's ids) → `unshare` (a user
 * and mount namespace of the command's own) → `sh` (joins the control groups, sets limits, mounts the overlay if there is one) → `bwrap`.
 */
export function commandLine(
	context: CommandContext,
	request: ExecRequest,
	workspace: SpelledWorkspace,
	environment: Readonly<Record<string, string>>,
	loopback: number | null,
): readonly string[] {
	const { tools, options, holder } = context;
	const { owner, limits } = options;
	const enter =
		owner === null
			? ["-U", "--preserve-credentials", "-m", "-w"]
			: ["-m", "-w", "-S", String(owner.uid), "-G", String(owner.gid)];
	const network = loopback === null ? [] : [`--net=/proc/${loopback}/ns/net`];
	return [
		[tools.setarch, "-R", tools.nsenter, "-t", String(holder), ...enter, ...network, "--"],
		[
			tools.unshare,
			"-Urm",
			tools.sh,
			"-c",
			preparation(context),
			"prepare",
			String(context.parent),
			workspace.overlay ?? "",
		],
		[tools.bwrap, ...namespaces(request), ...files(request, limits, workspace.source), ...variables(environment)],
		["--seccomp", String(descriptors.filter), "--json-status-fd", String(descriptors.status)],
		context.isGated ? ["--block-fd", String(gateDescriptor(context.groupCount))] : [],
		// The command becomes the leader of a session whose terminal this is: Control-C reaches it, and nothing of ours.
		["--", ...(request.terminal === undefined ? [] : ["/usr/bin/setsid", "-c", "--"]), ...request.argv],
	].flat();
}

/** Writes what the shell does before it becomes `bwrap`. */
function preparation({ tools, groupCount, options }: CommandContext): string {
	const { limits } = options;
	const groups = Array.from({ length: groupCount }, (_, index) => descriptors.firstGroup + index);
	const standIns = [
		`ulimit -d ${Math.floor((limits.memoryBytes + reservedBeyondMemoryBytes) / 1024)} 2>/dev/null || :`,
		// One shell says -p, another -u. The count is of this user namespace's own.
		`ulimit -p ${limits.processes} 2>/dev/null || ulimit -u ${limits.processes}`,
	];
	return [
		`[ "$PPID" = "$1" ] || exit 1`,
		...groups.map((descriptor) => `echo 0 >&${descriptor} || exit 1; exec ${descriptor}>&-`),
		`ulimit -c 0`,
		// Where it cannot be raised so far, what is in force is tighter.
		`ulimit -n ${limits.openFiles} 2>/dev/null || :`,
		...(groupCount === 0 ? standIns : []),
		`umask 022`,
		`[ -z "$2" ] || ${tools.mount} -i -n -c -t overlay -o "$2" overlay ${places.workspace} || exit 1`,
		// The first process inside shows its environment: not where the store is.
		`cd / && unset PWD OLDPWD`,
		`shift 2`,
		`exec "$@" ${descriptors.filter}<${places.filter}`,
	].join("\n");
}

function namespaces(request: ExecRequest): readonly string[] {
	return [
		["--unshare-all", ...(request.network === "none" ? [] : ["--share-net"]), "--unshare-user", "--disable-userns"],
		["--uid", "1000", "--gid", "1000", "--hostname", "retake", "--cap-drop", "ALL"],
		["--die-with-parent", "--new-session"],
	].flat();
}

function files(request: ExecRequest, limits: SandboxLimits, workspace: string): readonly string[] {
	const privateMounts = Object.entries(privatePlaces).flatMap(([place, mode]) => [
		...["--size", String(privatePlaceBytes(limits)), "--perms", mode, "--tmpfs", place],
	]);
	return [
		["--ro-bind", places.root, "/", "--proc", "/proc", "--dev", "/dev"],
		privateMounts,
		// bwrap leaves it writable, on a tmpfs that nothing bounds.
		["--remount-ro", "/dev"],
		["--bind", workspace, "/workspace"],
		["--chdir", request.cwd === "" ? "/workspace" : `/workspace/${request.cwd}`],
	].flat();
}

function variables(environment: Readonly<Record<string, string>>): readonly string[] {
	return ["--clearenv", ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value])];
}
