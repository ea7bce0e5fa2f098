import { type ChildProcessByStdio, spawn } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { RetakeError } from "@retake/base";
import { withPreloads } from "../determinism/fixed-clock.ts";
import type { ReadOnlyMount, SandboxOptions } from "../sandbox.ts";
import { layOutImage } from "./lay-out-image.ts";
import { layOutRoot } from "./lay-out-root.ts";
import { pipeCount } from "./pipe-slots.ts";
import { places } from "./places.ts";
import type { BubblewrapTools } from "./tools.ts";

/**
 * A process that keeps a private mount namespace alive: the layer space and the skeleton of the root lie in it. It ends
 * when its standard input does, so also when this process is killed, and everything that was mounted goes with it.
 */
export interface Holder extends AsyncDisposable {
	readonly processId: number;
	/** Path by which this process reaches `places.base`. Valid until disposal. */
	readonly base: string;
	isAlive(): boolean;
}

/** Where layers are kept: on a tmpfs, bounded, or in the trees directory, not bounded. */
export type LayersOn = "tmpfs" | "disk";

/** What a holder is made with. */
export interface HolderOptions {
	readonly tools: BubblewrapTools;
	readonly sandbox: SandboxOptions;
	/** Root of the unpacked image that programs come from; null for the host's own. */
	readonly imageRoot: string | null;
	/** The compiled seccomp filter. */
	readonly filter: Uint8Array;
	/** Unique among all sandboxes of the host. */
	readonly name: string;
	readonly layersOn: LayersOn;
	/** Control group directories that the holder empties and removes at its end. */
	readonly groupDirectories: readonly string[];
	/** More that every command sees, content by absolute path. */
	readonly files: Readonly<Record<string, string>>;
}

/**
 * The holder's program. Arguments: options of the layer space or `disk`, its directory and owner there, then control group
 * directories. It says `mounted`, waits for a line, binds what the table at `places.binds` lists, in one process for
 * all, says `ready`, and stays until its input ends.
 */
const program = `
fail() { echo "failed: $1"; exit 1; }
mount -i -n -t tmpfs -o mode=755 tmpfs ${places.base} && mkdir ${places.layers} &&
	case $1 in
		disk) mkdir -m 700 "$2" && chown "$3" "$2" && mount -i -n -c --bind "$2" ${places.layers} ;;
		*) mount -i -n -t tmpfs -o "$1" tmpfs ${places.layers} ;;
	esac || fail "cannot mount the layer space"
kept=$1
layers=$2
shift 3
echo mounted
read -r line || exit 1
mount -i -n -c -a -T ${places.binds} || fail "cannot bind the host's directories"
count=0
pipes=
while [ $count -lt ${pipeCount} ]; do
	pipes="$pipes ${places.pipes}/$count"
	count=$((count + 1))
done
mkfifo -m 666 $pipes || fail "cannot make pipes"
echo ready
while IFS= read -r line; do :; done
# Mostly all are empty, and one process removes them.
[ $# = 0 ] || rmdir "$@" 2>/dev/null
for directory in "$@"; do
	for group in "$directory"/*/ "$directory"/; do
		while [ -d "$group" ] && ! rmdir "$group" 2>/dev/null; do
			while read -r member; do kill -KILL "$member" 2>/dev/null; done < "$group/cgroup.procs"
			sleep 0.01
		done
	done
done
# What is on disk would outlive this namespace; what is in memory was never there.
[ "$kept" != disk ] || { umount -n -l ${places.layers} && rm -rf "$layers"; }
`;

/** Starts a holder. Throws `SANDBOX_UNAVAILABLE` with what the system answered. */
export async function openHolder(options: HolderOptions): Promise<Holder> {
	const { limits, owner, treesDirectory } = options.sandbox;
	const ownerOptions = owner === null ? "" : `,uid=${owner.uid},gid=${owner.gid}`;
	// The root directory of a tmpfs takes an inode too.
	const layerOptions = `size=${limits.diskBytes},nr_inodes=${limits.inodes + 1},mode=700${ownerOptions}`;
	const namespaces = owner === null ? "-Urm" : "-m";
	const layers = options.layersOn === "disk" ? "disk" : layerOptions;
	const layerArguments = [layers, `.layers-${options.name}`, owner === null ? "0:0" : `${owner.uid}:${owner.gid}`];
	const shell = [options.tools.sh, "-c", program, "holder", ...layerArguments, ...options.groupDirectories];
	const child = spawn(options.tools.unshare, [namespaces, "--propagation", "private", "--", ...shell], {
		cwd: treesDirectory,
		env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
		stdio: ["pipe", "pipe", "pipe"],
		// A group of its own: an interrupt typed at the terminal must not take the layers before the run is recorded.
		detached: true,
	});
	const conversation = converse(child);
	try {
		await conversation.expect("mounted");
		const descriptor = openSync(`/proc/${child.pid}/root${places.base}`, constants.O_RDONLY | constants.O_DIRECTORY);
		const base = `/proc/self/fd/${descriptor}`;
		furnish(base, options);
		child.stdin.write("furnished\n");
		await conversation.expect("ready");
		return {
			processId: child.pid as number,
			base,
			isAlive: () => child.exitCode === null && child.signalCode === null,
			[Symbol.asyncDispose]: async () => {
				closeSync(descriptor);
				child.stdin.end();
				await conversation.ended;
			},
		};
	} catch (cause) {
		child.stdin.end();
		await conversation.ended;
		throw cause;
	}
}

/** Lays out what is not mounted, and writes the table of what must be. */
function furnish(base: string, options: HolderOptions): void {
	const inside = (place: string): string => base + place.slice(places.base.length);
	for (const place of [places.root, places.workspace, places.pipes]) {
		mkdirSync(inside(place), { mode: 0o755 });
	}
	writeFileSync(inside(places.filter), options.filter, { mode: 0o644 });
	const { imageRoot, sandbox, files } = options;
	const mounts = withPreloads(sandbox);
	const binds =
		imageRoot === null
			? layOutRoot(inside(places.root), mounts, files)
			: layOutImage(inside(places.root), imageRoot, mounts, files);
	writeFileSync(inside(places.binds), bindTable(binds), { mode: 0o600 });
}

/** Writes binds as `mount -a` reads them. Source: fstab(5). */
function bindTable(binds: readonly ReadOnlyMount[]): string {
	const escape = (path: string): string =>
		path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
	return binds.map(({ source, target }) => `${escape(source)} ${escape(target)} none rbind 0 0\n`).join("");
}

interface Conversation {
	/** Waits for a word of the holder's. Throws where it says another or ends. */
	expect(word: string): Promise<void>;
	/** Settles when the holder has ended; never rejects. */
	readonly ended: Promise<void>;
}

function converse(child: ChildProcessByStdio<Writable, Readable, Readable>): Conversation {
	let said = "";
	let complaints = "";
	let look: () => void = () => undefined;
	let failure: unknown;
	const { promise: ended, resolve } = Promise.withResolvers<void>();
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		said += text;
		look();
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		complaints = (complaints + text).slice(0, 4096);
	});
	child.stdin.on("error", (cause) => {
		failure ??= cause;
	});
	child.on("error", (cause) => {
		failure ??= cause;
		resolve();
		look();
	});
	child.on("close", () => {
		resolve();
		look();
	});
	let isOver = false;
	void ended.then(() => {
		isOver = true;
		look();
	});
	return {
		ended,
		expect: (word) =>
			new Promise((settled, rejected) => {
				look = () => {
					const end = said.indexOf("\n");
					const line = end === -1 ? null : said.slice(0, end);
					if (line === null && !isOver) return;
					if (line !== null) said = said.slice(end + 1);
					if (line === word) settled();
					else rejected(unavailable(line, complaints, failure));
				};
				look();
			}),
	};
}

function unavailable(line: string | null, complaints: string, cause: unknown): RetakeError {
	const details = [line, complaints.trim()].filter((each) => each !== null && each !== "").join(": ");
	return new RetakeError("SANDBOX_UNAVAILABLE", `no private mounts can be made here: ${details || String(cause)}`, {
		remedy: "run `retake doctor`: it names the setting that forbids user namespaces or mounts",
		...(cause === undefined ? {} : { cause }),
	});
}
