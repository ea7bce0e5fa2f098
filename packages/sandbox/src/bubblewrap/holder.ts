import { type ChildProcessByStdio, spawn } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { RetakeError } from "@retake/base";
import { withPreloads } from "../determinism/fixed-clock.ts";
import type { ReadOnlyMount, SandboxOptions } from "../sandbox.ts";
import { mountingHolder, plainHolder } from "./holder-program.ts";
import { layOutImage } from "./lay-out-image.ts";
import { layOutRoot } from "./lay-out-root.ts";
import { type Footing, isPlain } from "./layers-way.ts";
import { mountedPlaces, type Places, placesIn } from "./places.ts";
import type { BubblewrapTools } from "./tools.ts";

/**
 * A process that keeps a private mount namespace alive: the layer space and the skeleton of the root lie in it. It ends
 * when its standard input does, so also when this process is killed, and everything that was mounted goes with it. Where
 * nothing may be mounted, they lie in a directory beside the trees, which it removes at its end.
 */
export interface Holder extends AsyncDisposable {
	readonly processId: number;
	/** Path by which this process reaches `places.base`. Valid until disposal. */
	readonly base: string;
	/** Where its parts are for commands. */
	readonly places: Places;
	/** What each command mounts into its root, because the holder could not. */
	readonly binds: readonly ReadOnlyMount[];
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
	readonly footing: Footing;
	/** Control group directories that the holder empties and removes at its end. */
	readonly groupDirectories: readonly string[];
	/** More that every command sees, content by absolute path. */
	readonly files: Readonly<Record<string, string>>;
}

/** Starts a holder. Throws `SANDBOX_UNAVAILABLE` with what the system answered. */
export async function openHolder(options: HolderOptions): Promise<Holder> {
	const { treesDirectory, owner } = options.sandbox;
	const plain = isPlain(options.footing, owner !== null);
	const places = plain ? placesIn(join(treesDirectory, `.layers-${options.name}`)) : mountedPlaces;
	const [program = "", ...rest] = plain ? plainLine(options, places) : mountingLine(options);
	const child = spawn(program, rest, {
		cwd: treesDirectory,
		env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
		stdio: ["pipe", "pipe", "pipe"],
		// A group of its own: an interrupt typed at the terminal must not take the layers before the run is recorded.
		detached: true,
	});
	const conversation = converse(child);
	try {
		await conversation.expect("mounted");
		const path = plain ? places.base : `/proc/${child.pid}/root${places.base}`;
		const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
		const base = plain ? places.base : `/proc/self/fd/${descriptor}`;
		const binds = furnish(base, options);
		if (!plain) writeFileSync(placesIn(base).binds, bindTable(allBinds(binds, options, places)), { mode: 0o600 });
		child.stdin.write("furnished\n");
		await conversation.expect("ready");
		return {
			processId: child.pid as number,
			base,
			places,
			binds: plain ? binds : [],
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

function mountingLine({ tools, sandbox, name, layersOn, groupDirectories }: HolderOptions): readonly string[] {
	const { limits, owner } = sandbox;
	const ownerOptions = owner === null ? "" : `,uid=${owner.uid},gid=${owner.gid}`;
	// The root directory of a tmpfs takes an inode too.
	const layerOptions = `size=${limits.diskBytes},nr_inodes=${limits.inodes + 1},mode=700${ownerOptions}`;
	const namespaces = owner === null ? "-Urm" : "-m";
	const layers = layersOn === "disk" ? "disk" : layerOptions;
	const layerArguments = [layers, `.layers-${name}`, owner === null ? "0:0" : `${owner.uid}:${owner.gid}`];
	const shell = [tools.sh, "-c", mountingHolder, "holder", ...layerArguments, ...groupDirectories];
	return [tools.unshare, namespaces, "--propagation", "private", "--", ...shell];
}

function plainLine({ tools, groupDirectories }: HolderOptions, places: Places): readonly string[] {
	return [tools.sh, "-c", plainHolder, "holder", places.base, ...groupDirectories];
}

/** Lays out what is not mounted, and returns what must be, targets as commands see them. */
function furnish(base: string, options: HolderOptions): readonly ReadOnlyMount[] {
	const inside = placesIn(base);
	for (const place of [inside.root, inside.workspace, inside.pipes]) mkdirSync(place, { mode: 0o755 });
	writeFileSync(inside.filter, options.filter, { mode: 0o644 });
	const { imageRoot, sandbox, files } = options;
	const mounts = withPreloads(sandbox);
	return imageRoot === null
		? layOutRoot(inside.root, mounts, files)
		: layOutImage(inside.root, imageRoot, mounts, files);
}

/** The binds of the root, and of the trees where bwrap must be given a path that its user can walk down. */
function allBinds(
	binds: readonly ReadOnlyMount[],
	{ footing, sandbox }: HolderOptions,
	places: Places,
): ReadOnlyMount[] {
	const inRoot = binds.map(({ source, target }) => ({ source, target: join(places.root, target) }));
	if (footing.way !== "bwrap") return inRoot;
	return [...inRoot, { source: sandbox.treesDirectory, target: places.trees }];
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
