import { chownSync, lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type Docker from "dockerode";
import type { ReadOnlyMount, WorkspaceMount } from "../sandbox.ts";
import { createDistantVolumes } from "./distant-volumes.ts";
import { labelsFor } from "./docker-labels.ts";
import { layOutFiles } from "./lay-out-files.ts";
import { layersThatFit, overlayOptions } from "./overlay-options.ts";
import { packLine, packTree, type TreeOwner, unpackLine, unpackTree } from "./pack-tree.ts";
import { startRoom } from "./room.ts";
import { RoomRemovals } from "./room-removals.ts";
import { type RoomSettings, roomDescription, withinDaemonsRoot } from "./room-settings.ts";
import { currentRunner, formatRunner, isRunnerDead } from "./runner-identity.ts";
import type { Site } from "./site.ts";

/** What a distant site is opened with. */
export interface DistantSiteOptions {
	readonly treesDirectory: string;
	readonly files: Readonly<Record<string, string>>;
	/** Runtime of the container that packs and unpacks; the daemon's default where it is missing. */
	readonly porterRuntime: string | undefined;
}

/**
 * Opens a site for a daemon whose mounts are not ours: on another machine, rootless, with users of its own, or used by somebody who is
 * not root. Layers lie here, on the disk; each is sent once, and what a command changed comes back when its processes are dead. Throws
 * `SANDBOX_FAILED`.
 */
export async function openDistantSite(
	docker: Docker,
	settings: Omit<RoomSettings, "hasInit" | "files">,
	{ treesDirectory, files, porterRuntime }: DistantSiteOptions,
): Promise<Site> {
	await using opening = new AsyncDisposableStack();
	const { owner, session } = settings;
	const local: TreeOwner = process.getuid?.() === 0 ? owner : null;
	const root = makeLayerSpace(treesDirectory);
	opening.defer(() => rmSync(root, { recursive: true, force: true }));
	if (local !== null) chownSync(root, local.uid, local.gid);
	const volumes = opening.use(await createDistantVolumes(docker, settings, porterRuntime));
	const removals = new RoomRemovals();
	const sent = new Map<string, Promise<string>>();
	let made = 0;

	const send = async (directory: string, to: string, name = ".", beside: readonly string[] = []): Promise<string> => {
		const { bytes, done } = packTree(directory, name, owner);
		await both(done, volumes.errand({ argv: making([to, ...beside], unpackLine(to)), input: bytes }));
		return to;
	};
	/** A frozen directory is sent once; a later one of the same name is another. */
	const sendFrozen = (directory: string): Promise<string> => {
		const { ino, birthtimeNs } = lstatSync(directory, { bigint: true });
		const key = `${directory} ${ino} ${birthtimeNs}`;
		const known = sent.get(key) ?? send(directory, `/frozen/${made++}`);
		sent.set(key, known);
		// What could not be sent is sent again by the next who needs it.
		known.catch(() => sent.delete(key));
		return known;
	};
	const bringBack = async (at: string, directory: string): Promise<void> => {
		// The directory itself stays: somebody may hold it open.
		for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
		const { bytes, done } = unpackTree(directory, local);
		await both(
			done,
			volumes.errand({ argv: ["sh", "-c", fetching, "sh", at, ...packLine(`${at}/upper`)], output: bytes }),
		);
	};
	const remove = (path: string): Promise<void> => volumes.errand({ argv: ["sh", "-c", removing, "sh", path] });
	const settle = async (workspace: WorkspaceMount, at: string) => {
		if (workspace.kind === "directory") {
			const inside = await send(workspace.directory, `${at}/upper`);
			return { mount: directoryMount(volumes.outside(inside)), here: workspace.directory };
		}
		const lowers = await Promise.all(workspace.lowers.map(sendFrozen));
		const [upper, work] = [`${at}/upper`, `${at}/work`];
		await send(workspace.upper, upper, ".", [work]);
		const options = overlayOptions(lowers.map(volumes.outside), volumes.outside(upper), volumes.outside(work));
		return { mount: overlayMount(session, options), here: workspace.upper };
	};

	const sendMount = async ({ source, target }: ReadOnlyMount): Promise<ReadOnlyMount> => {
		const found = realpathSync(source);
		const to = `/frozen/${made++}`;
		if (statSync(found).isDirectory()) return { source: volumes.outside(await send(found, to)), target };
		return { source: `${volumes.outside(await send(dirname(found), to, basename(found)))}/${basename(found)}`, target };
	};
	const ours = layOutFiles(root, files);
	const mounts = await Promise.all([...settings.mounts, ...ours].map(sendMount));
	const room = { ...settings, mounts: [], files: mounts, hasInit: volumes.hasInit };

	const resources = opening.move();
	return {
		layerSpace: { root, layersMax: layersThatFit(volumes.pathBytes) },
		admit: async ({ workspace, network, terminal }) => {
			await using undo = new AsyncDisposableStack();
			const at = `/layers/${made++}`;
			undo.defer(() => remove(at));
			const { mount, here } = await settle(workspace, at);
			const admitted = undo.use(
				await startRoom(docker, roomDescription(room, mount, { network, terminal }), "another-machine", terminal),
			);
			const kept = undo.move();
			let isGone = false;
			return {
				room: admitted,
				bringBack: async () => {
					// With the room goes its mount: what is read then is at rest.
					await admitted[Symbol.asyncDispose]();
					await bringBack(at, here);
					isGone = true;
				},
				retire: () => {
					if (!isGone) removals.begin(kept);
				},
			};
		},
		[Symbol.asyncDispose]: async () => {
			const failures = await removals.end();
			await resources.disposeAsync();
			if (failures.length > 0) throw failures[0];
		},
	};
}

/** Waits for both ends of a pipe. Where both failed, the one that was cut off by the other says less. */
async function both(here: Promise<void>, there: Promise<void>): Promise<void> {
	const [ours, theirs] = await Promise.allSettled([here, there]);
	if (ours.status === "rejected" && !/SIGPIPE|Broken pipe|EPIPE|Unexpected EOF/.test(String(ours.reason)))
		throw ours.reason;
	if (theirs.status === "rejected") throw theirs.reason;
	if (ours.status === "rejected") throw ours.reason;
}

/** Makes directories in the image, then becomes a line. */
function making(directories: readonly string[], line: readonly string[]): readonly string[] {
	const names = directories.map((_, index) => `"\${${index + 1}}"`).join(" ");
	return ["sh", "-c", `mkdir -p ${names} && shift ${directories.length} && exec "$@"`, "sh", ...directories, ...line];
}

/** What the kernel made in a work directory is the daemon's root's, who may be a stranger to the porter: empty, and never to be opened. An entry or two may stay. */
const removing = 'rmdir "$1"/work/* 2>/dev/null; rm -rf "$1" 2>/dev/null; [ ! -e "$1/upper" ]';

/** Packs a layer, and makes room for the next at once. */
const fetching = `at=$1; shift; "$@" || exit; set -- "$at"; ${removing}`;

const spaceName = ".distant-";

/** Makes a directory for layers, and removes those of runners that died. */
function makeLayerSpace(treesDirectory: string): string {
	for (const name of readdirSync(treesDirectory)) {
		const [, runner] = /^\.distant-(.+)-[^-]{6}$/.exec(name) ?? [];
		if (runner === undefined || !isRunnerDead(runner.replaceAll(",", "/"))) continue;
		rmSync(join(treesDirectory, name), { recursive: true, force: true });
	}
	const runner = formatRunner(currentRunner()).replaceAll("/", ",");
	return mkdtempSync(join(treesDirectory, `${spaceName}${runner}-`));
}

function overlayMount(session: string, options: string): Docker.MountSettings {
	return {
		Type: "volume",
		Source: "",
		Target: "/workspace",
		VolumeOptions: {
			NoCopy: true,
			Labels: labelsFor(session, "workspace"),
			DriverConfig: { Name: "local", Options: { type: "overlay", device: "overlay", o: options } },
		},
	};
}

function directoryMount(source: string): Docker.MountSettings {
	return { Type: "bind", Source: source, Target: "/workspace", BindOptions: withinDaemonsRoot };
}
