import { mkdirSync, rmdirSync } from "node:fs";
import { MS_NODEV, MS_NOSUID, MS_SHARED, mountFileSystem, unmountFileSystem } from "@retake/linux";
import { createWorkspaceSlot, type WorkspaceSlot } from "./workspace-slot.ts";

/** Where the slots of a sandbox lie: a small mount of its own, so that they take nothing from the limits of the layers. */
export interface SlotSpace extends Disposable {
	create(): WorkspaceSlot;
}

/**
 * Mounts a place for slots in the layers' volume. It goes with the volume: whoever removes that, after a crash too, removes what is
 * mounted below it. Throws `SystemCallError`.
 */
export function mountSlotSpace(volumeRoot: string): SlotSpace {
	const root = `${volumeRoot}/.slots`;
	mkdirSync(root);
	const request = { source: "retake-slots", target: root, type: "tmpfs" };
	mountFileSystem({ ...request, flags: MS_NOSUID + MS_NODEV, options: "size=1m,mode=711" });
	mountFileSystem({ ...request, flags: MS_SHARED, options: "" });
	let made = 0;
	return {
		create: () => createWorkspaceSlot(`${root}/${made++}`),
		[Symbol.dispose]: () => {
			unmountFileSystem(root, { lazily: true });
			rmdirSync(root);
		},
	};
}
