import { type Clock, type Randomness, RetakeError } from "@retake/base";
import type { SandboxOptions } from "../sandbox.ts";
import { openNetworkDoor } from "./open-network-door.ts";
import { openSandboxNetwork, type SandboxNetwork } from "./sandbox-network.ts";

/** Makes the network that a sandbox is to have; null for none. Throws `USAGE` for options that cannot be used. */
export function chooseNetwork(
	{ network, door }: Pick<SandboxOptions, "network" | "door">,
	ports: { readonly clock: Clock; readonly randomness: Randomness },
): SandboxNetwork | null {
	if (network !== undefined && door !== undefined) {
		throw new RetakeError("USAGE", "a sandbox has an allow-list or a door, not both", { sort: "misuse" });
	}
	if (door !== undefined) return openNetworkDoor(door, ports);
	return network === undefined ? null : openSandboxNetwork(network, ports);
}
