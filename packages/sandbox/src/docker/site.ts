import type { Sandbox, TerminalSize, WorkspaceMount } from "../sandbox.ts";
import type { Room } from "./room.ts";

/** What a command asks of its room. */
export interface RoomWish {
	readonly workspace: WorkspaceMount;
	/** The daemon's word for the network: `none`, or that of another container. */
	readonly network: "none" | `container:${string}`;
	/** The size of the terminal at which it runs; null for none. */
	readonly terminal: TerminalSize | null;
}

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
	admit(wish: RoomWish): Promise<Admitted>;
}
