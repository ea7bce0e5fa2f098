import type { SandboxLimits } from "@retake/base";
import type { RunNetwork, Secret } from "@retake/recorder";
import type { NetworkDoor, SandboxDriver } from "@retake/sandbox";
import type { Durability, Store } from "@retake/store";
import type { Snapshots, TreeOwner } from "@retake/txfs";
import type { SharedSandbox } from "./shared-sandbox.ts";
import type { Fingerprint, Surroundings } from "./surroundings.ts";
import type { WarmSandboxes } from "./warm-sandboxes.ts";

/** What a sandbox is held to. */
export interface SandboxBounds {
	readonly limits: SandboxLimits;
	readonly network?: RunNetwork | undefined;
	/** What a recorded run had around it: its image and clock are taken where the runtime's options leave them open. */
	readonly sandbox?: Fingerprint;
	/** Takes the connections of its commands, in place of `network`. */
	readonly door?: NetworkDoor;
	/** Where it is taken from, and given back to; one of its own where absent, or where it has a door. */
	readonly warm?: WarmSandboxes | undefined;
}

/** What the parts of one runtime share. */
export interface RuntimeResources {
	/** Real path of the workspace. */
	readonly workspace: string;
	readonly store: Store;
	readonly snapshots: Snapshots;
	readonly owner: TreeOwner | null;
	readonly driver: SandboxDriver | null;
	/** Says what steps are made in. Throws `SANDBOX_UNAVAILABLE` where the host allows nothing. */
	readonly layersFor: () => Promise<"overlay" | "copy">;
	readonly limits: SandboxLimits;
	readonly surroundings: Surroundings;
	/** What is never written down. */
	readonly secrets: readonly Secret[];
	readonly durability: Durability;
	/** What sessions reach where no record says otherwise; undefined for nothing. */
	readonly network: RunNetwork | undefined;
	/** Makes a sandbox that opens when it is first needed. Throws `USAGE` where a secret is not at hand. */
	readonly newSandbox: (bounds: SandboxBounds) => SharedSandbox;
}
