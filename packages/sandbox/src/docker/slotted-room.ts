import { isSystemCallError } from "@retake/linux";
import type Docker from "dockerode";
import type { WorkspaceMount } from "../sandbox.ts";
import { daemonFailure } from "./docker-client.ts";
import { type Room, startRoom } from "./room.ts";
import { type RoomKind, type RoomSettings, roomDescription, slotMount } from "./room-settings.ts";
import type { SlotSpace } from "./slot-space.ts";
import type { WorkspaceSlot } from "./workspace-slot.ts";

/** A room on this machine, with the slot at which its workspace is to appear. */
export interface SlottedRoom extends Room {
	readonly slot: WorkspaceSlot;
}

/** Starts a room with a slot of its own. Throws `SANDBOX_FAILED`, and leaves nothing behind. */
export async function startSlottedRoom(
	docker: Docker,
	settings: RoomSettings,
	slots: SlotSpace,
	kind: RoomKind,
): Promise<SlottedRoom> {
	await using undo = new AsyncDisposableStack();
	const slot = slots.create();
	undo.defer(() => slot.remove());
	const description = roomDescription(settings, slotMount(slot.path), kind);
	const room = undo.use(await startRoom(docker, description, "this-machine", kind.terminal));
	const kept = undo.move();
	return { ...room, slot, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/**
 * Mounts a workspace for a room. Where the layers' space is too full for one more mount, `makeRoom` is called and it is tried once
 * more. Throws `SANDBOX_FAILED`, `LIMIT_EXCEEDED` for more layers than one mount takes.
 */
export function enterRoom(room: SlottedRoom, workspace: WorkspaceMount, makeRoom: () => void): void {
	const enter = (): void => room.slot.enter(workspace, room.processId);
	try {
		try {
			enter();
		} catch (error) {
			if (!isSystemCallError(error, "ENOSPC")) throw error;
			makeRoom();
			enter();
		}
	} catch (error) {
		throw daemonFailure("cannot mount the workspace", error);
	}
}
