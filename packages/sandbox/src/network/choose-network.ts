import { type Clock, type Randomness, RetakeError } from "@retake/base";
import type { SandboxOptions } from "../sandbox.ts";
import { serveCommand } from "./command-proxy.ts";
import { readNetworkRules } from "./network-rules.ts";
import { openSandboxNetwork, type SandboxNetwork } from "./sandbox-network.ts";
import { serveDoor } from "./serve-door.ts";

/** Makes the network that a sandbox is to have; null for none. Throws `USAGE` for options that cannot be used. */
export function chooseNetwork(
	{ network, door }: Pick<SandboxOptions, "network" | "door">,
	ports: { readonly clock: Clock; readonly randomness: Randomness },
): SandboxNetwork | null {
	if (network !== undefined && door !== undefined) {
		throw new RetakeError("USAGE", "a sandbox has an allow-list or a door, not both", { sort: "misuse" });
	}
	if (door !== undefined) {
		return openSandboxNetwork({
			...ports,
			hosts: door.hosts,
			serve: (server, standIn) => serveDoor(server, door, standIn),
		});
	}
	if (network === undefined) return null;
	const rules = readNetworkRules(network);
	return openSandboxNetwork({
		...ports,
		hosts: rules.secretHosts,
		serve: (server, standIn) => serveCommand(server, { rules, standIn }),
	});
}
