import { writeFileSync } from "node:fs";
import type { SandboxLimits } from "@retake/base";
import type { ExecRequest, SandboxOptions } from "../sandbox.ts";
import type { Holder } from "./holder.ts";
import { type Footing, hasMounter, isBare, isPlain } from "./layers-way.ts";
import { privatePlaceBytes, privatePlaces } from "./private-places.ts";
import type { SpelledWorkspace } from "./spell-workspace.ts";
import type { BubblewrapTools } from "./tools.ts";

/** Descriptors of the chain, beside the standard three. A shell knows those below ten. */
export const descriptors = { status: 3, firstGroup: 4, words: 8, filter: 9 } as const;

/** The descriptor on which a command waits for its way out, after those of its control groups. */
function gateDescriptor({ groupCount }: Pick<CommandContext, "groupCount">): number {
	return descriptors.firstGroup + groupCount;
}

/** The descriptor that the mounter alone holds, after those. */
function mounterDescriptor(context: Pick<CommandContext, "groupCount" | "isGated">): number {
	return gateDescriptor(context) + (context.isGated ? 1 : 0);
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
	readonly holder: Pick<Holder, "processId" | "places" | "binds">;
	readonly footing: Footing;
	/** Tells commands apart that run at once. */
	readonly slot: number;
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
	const { tools, options, holder, footing } = context;
	const { owner, limits } = options;
	const enter =
		owner === null
			? ["-U", "--preserve-credentials", "-m", "-w"]
			: ["-m", "-w", "-S", String(owner.uid), "-G", String(owner.gid)];
	const network = loopback === null ? [] : [`--net=/proc/${loopback}/ns/net`];
	const entering = [tools.nsenter, "-t", String(holder.processId), ...enter, ...network, "--"];
	const files = [...rootFiles(holder, limits), ...workspace.words, ...startingPlace(request)];
	const standsPlainly = isPlain(footing, owner !== null);
	if (standsPlainly) writeFileSync(wordsFile(context), files.map((word) => `${word}\0`).join(""), { mode: 0o600 });
	// What bwrap is started with is seen inside: where the store is, is not to be.
	const told = standsPlainly ? ["--args", String(descriptors.words)] : files;
	return [
		[tools.setarch, "-R", ...(standsPlainly ? [] : entering)],
		isBare(footing) ? [] : [tools.unshare, "-Urm"],
		[tools.sh, "-c", preparation(context), "prepare", String(context.parent), workspace.overlay ?? ""],
		[tools.bwrap, ...namespaces(request), ...told, ...variables(environment)],
		["--seccomp", String(descriptors.filter), "--json-status-fd", String(descriptors.status)],
		context.isGated ? ["--block-fd", String(gateDescriptor(context))] : [],
		// The command becomes the leader of a session whose terminal this is: Control-C reaches it, and nothing of ours.
		["--", ...(request.terminal === undefined ? [] : ["/usr/bin/setsid", "-c", "--"]), ...request.argv],
	].flat();
}

/** Writes what the shell does before it becomes `bwrap`. */
function preparation(context: CommandContext): string {
	const { groupCount, holder, footing } = context;
	const { limits, owner } = context.options;
	const words = isPlain(footing, owner !== null) ? `${descriptors.words}<${quoted(wordsFile(context))}` : "";
	const groups = Array.from({ length: groupCount }, (_, index) => descriptors.firstGroup + index);
	const standIns = [
		`ulimit -d ${Math.floor((limits.memoryBytes + reservedBeyondMemoryBytes) / 1024)} 2>/dev/null || :`,
		// One shell says -p, another -u. The count is of this user namespace's own; in the host's it would be of all that the user runs.
		...(isBare(footing) ? [] : [`ulimit -p ${limits.processes} 2>/dev/null || ulimit -u ${limits.processes}`]),
	];
	return [
		`[ "$PPID" = "$1" ] || exit 1`,
		...groups.map((descriptor) => `echo 0 >&${descriptor} || exit 1; exec ${descriptor}>&-`),
		`ulimit -c 0`,
		// Where it cannot be raised so far, what is in force is tighter.
		`ulimit -n ${limits.openFiles} 2>/dev/null || :`,
		...(groupCount === 0 ? standIns : []),
		`umask 022`,
		`[ -z "$2" ] || ${mounting(context)} || exit 1`,
		// The first process inside shows its environment: not where the store is.
		`cd / && unset PWD OLDPWD`,
		`shift 2`,
		// In this order: it may have the number of the filter's.
		`exec "$@" ${hasMounter(footing) ? `${mounterDescriptor(context)}>&-` : ""} ${words} ${descriptors.filter}<${quoted(holder.places.filter)}`,
	].join("\n");
}

function namespaces(request: ExecRequest): readonly string[] {
	return [
		["--unshare-all", ...(request.network === "none" ? [] : ["--share-net"]), "--unshare-user", "--disable-userns"],
		["--uid", "1000", "--gid", "1000", "--hostname", "retake", "--cap-drop", "ALL"],
		["--die-with-parent", "--new-session"],
	].flat();
}

function wordsFile({ holder, slot }: CommandContext): string {
	return `${holder.places.base}/words-${slot}`;
}

/** Writes what mounts the overlay whose options are the shell's second argument. */
function mounting(context: CommandContext): string {
	const { tools, holder, footing, isGated } = context;
	const at = holder.places.workspace;
	if (!hasMounter(footing)) return `${tools.mount} -i -n -c -t overlay -o "userxattr,$2" overlay ${at}`;
	const gate = isGated ? ` ${gateDescriptor(context)}<&-` : "";
	// It stays in this process group, by which it is ended. Writes go through: nothing may be under way when it is.
	const start = `${tools["fuse-overlayfs"]} -f -o "writeback=0,$2" ${at} >/dev/null 2>&1 </dev/null ${descriptors.status}>&-${gate} &`;
	const isMounted = `while read -r line; do case $line in *" ${at} "*) exit 0 ;; esac; done </proc/self/mountinfo; exit 1`;
	const wait = `until (${isMounted}); do kill -0 $! 2>/dev/null || { echo "mount: fuse-overlayfs does not start" >&2; exit 1; }; sleep 0.005; done`;
	return `{ ${start} ${wait}; }`;
}

function quoted(path: string): string {
	return `'${path.replaceAll("'", "'\\''")}'`;
}

function rootFiles({ places, binds }: CommandContext["holder"], limits: SandboxLimits): readonly string[] {
	const privateMounts = Object.entries(privatePlaces).flatMap(([place, mode]) => [
		...["--size", String(privatePlaceBytes(limits)), "--perms", mode, "--tmpfs", place],
	]);
	return [
		["--ro-bind", places.root, "/"],
		binds.flatMap(({ source, target }) => ["--ro-bind", source, target]),
		["--proc", "/proc", "--dev", "/dev"],
		privateMounts,
		// bwrap leaves it writable, on a tmpfs that nothing bounds.
		["--remount-ro", "/dev"],
	].flat();
}

function startingPlace({ cwd }: ExecRequest): readonly string[] {
	return ["--chdir", cwd === "" ? "/workspace" : `/workspace/${cwd}`];
}

function variables(environment: Readonly<Record<string, string>>): readonly string[] {
	return ["--clearenv", ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value])];
}
