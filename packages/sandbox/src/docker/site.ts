import type { Sandbox, WorkspaceMount } from "../sandbox.ts";
import type { Room } from "./room.ts";

/** A room in which a workspace is to be seen. */
export interface Admitted {
	readonly room: Room;
	/** Makes what the command did to its workspace stand in the layer, when the room's processes are dead. */
	bringBack(): Promise<void>;
	/** Removes the room, out of the way of later commands. */
	retire(): void;
}

/** Where the layers of a sandbox lie, and how a workspace made of them gets into a room and back. */
export interface Site extends AsyncDisposable {
	readonly layerSpace: Sandbox["layerSpace"];
	/** Returns a room with the workspace in it. Throws `SANDBOX_FAILED`, `LIMIT_EXCEEDED` for more layers than one mount takes. */
	admit(workspace: WorkspaceMount): Promise<Admitted>;
}
