import type Docker from "dockerode";
import { layOutFiles } from "./lay-out-files.ts";
import { createLayerVolume } from "./layer-volume.ts";
import { layersMax } from "./overlay-options.ts";
import { createRoomPool } from "./room-pool.ts";
import { RoomRemovals } from "./room-removals.ts";
import { plainRoom, type RoomKind, type RoomSettings } from "./room-settings.ts";
import type { Site } from "./site.ts";
import { mountSlotSpace } from "./slot-space.ts";
import { enterRoom, type SlottedRoom, startSlottedRoom } from "./slotted-room.ts";

/**
 * Opens a site on the daemon's own machine, where this process mounts workspaces itself. Throws `SANDBOX_UNAVAILABLE` where the
 * layers' volume cannot be reached from here, `SANDBOX_FAILED` where the daemon fails.
 */
export async function openLocalSite(
	docker: Docker,
	settings: Omit<RoomSettings, "hasInit" | "files">,
	options: { readonly spareRooms: number; readonly files: Readonly<Record<string, string>> },
): Promise<Site> {
	const { spareRooms } = options;
	await using opening = new AsyncDisposableStack();
	const volume = opening.use(await createLayerVolume(docker, settings));
	const slots = opening.use(mountSlotSpace(volume.root));
	const removals = new RoomRemovals();
	const files = layOutFiles(volume.root, options.files);
	const room = { ...settings, files, hasInit: volume.hasInit };
	const start = (kind: RoomKind): Promise<SlottedRoom> => startSlottedRoom(docker, room, slots, kind);
	const retire = (each: SlottedRoom): void => removals.begin(each);
	const pool = createRoomPool({ start: () => start(plainRoom), spareRooms, retire });
	const resources = opening.move();
	return {
		layerSpace: { root: volume.root, layersMax },
		admit: async ({ workspace, network, terminal }) => {
			const isPlain = network === "none" && terminal === null;
			const admitted = await (isPlain ? pool.take() : start({ network, terminal }));
			try {
				enterRoom(admitted, workspace, () => volume.makeRoom());
			} catch (error) {
				retire(admitted);
				throw error;
			}
			return { room: admitted, bringBack: () => admitted.slot.leave(), retire: () => retire(admitted) };
		},
		[Symbol.asyncDispose]: async () => {
			await pool.close();
			const failures = await removals.end();
			await resources.disposeAsync();
			if (failures.length > 0) throw failures[0];
		},
	};
}
