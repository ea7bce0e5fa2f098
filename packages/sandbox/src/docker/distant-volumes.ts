import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { withDaemon, withDaemonRemoval } from "./docker-client.ts";
import { labelsFor } from "./docker-labels.ts";
import { startHolder } from "./layer-volume.ts";
import { type PorterErrand, runErrand } from "./porter.ts";
import type { RoomSettings } from "./room-settings.ts";

/** Where a daemon whose mounts are not ours keeps the trees of a session. */
export interface DistantVolumes extends AsyncDisposable {
	/** Runs a program beside them: `/frozen` has what does not change, on the daemon's disk, and `/layers` is bounded in bytes and inodes. */
	errand(errand: PorterErrand): Promise<void>;
	/** Turns a porter's path into the daemon's own. */
	readonly outside: (path: string) => string;
	/** How long the path of a layer may be. */
	readonly pathBytes: number;
	readonly hasInit: boolean;
}

/** What a porter needs to make trees that belong to others. */
const porterCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "MKNOD"];

/** Makes both volumes and the container that keeps them mounted. Throws `SANDBOX_FAILED`, and leaves nothing behind. */
export async function createDistantVolumes(
	docker: Docker,
	settings: Pick<RoomSettings, "session" | "limits" | "imageId">,
	runtime: string | undefined,
): Promise<DistantVolumes> {
	await using undo = new AsyncDisposableStack();
	const { session, limits, imageId } = settings;
	const create = async (options: Readonly<Record<string, string>>) => {
		// The name is in every option string of an overlay, which may not exceed a page.
		const name = `rt${randomBytes(4).toString("hex")}`;
		await withDaemon("cannot make a volume", () =>
			docker.createVolume({
				Name: name,
				Driver: "local",
				DriverOpts: { ...options },
				Labels: labelsFor(session, "layers"),
			}),
		);
		undo.defer(() => withDaemonRemoval("cannot remove a volume", () => docker.getVolume(name).remove()));
		const { Mountpoint: path } = await withDaemon("cannot look at a volume", () => docker.getVolume(name).inspect());
		return { name, path };
	};
	const frozen = await create({});
	// The daemon's root may not be the porter's; nobody else sees more than a layer of it.
	const bounds = `size=${limits.diskBytes},nr_inodes=${limits.inodes + inodesOfOurs},mode=1777`;
	const layers = await create({ type: "tmpfs", device: "tmpfs", o: bounds });
	const holder = await startHolder(
		docker,
		{ "/frozen": frozen.name, "/layers": layers.name },
		{
			...{ session, imageId, runtime },
			capabilities: porterCapabilities,
		},
	);
	undo.defer(() => withDaemonRemoval("cannot remove the porter", () => holder.remove({ force: true, v: true })));
	const porter = docker.getContainer(holder.id);
	const kept = undo.move();
	return {
		errand: (errand) => runErrand(porter, errand),
		hasInit: holder.hasInit,
		pathBytes: Math.max(frozen.path.length, layers.path.length) + "/12345/upper".length,
		outside: (path) => path.replace(/^\/frozen/, frozen.path).replace(/^\/layers/, layers.path),
		[Symbol.asyncDispose]: () => kept.disposeAsync(),
	};
}

/** The directories of a layer, and what an overlay makes in its work directory. */
const inodesOfOurs = 4;
