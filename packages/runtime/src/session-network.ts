import { RetakeError } from "@retake/base";
import type { RunNetwork } from "@retake/recorder";
import { type NetworkOptions, readNetworkRules } from "@retake/sandbox";
import type { CheckedRuntimeOptions } from "./runtime-options.ts";

type GivenNetwork = Pick<CheckedRuntimeOptions, "allow" | "secrets" | "authorities">;

/** Returns what a runtime's sessions reach, as it goes on record; undefined for nothing. Throws `USAGE` for what cannot be allowed. */
export function networkToRecord(given: GivenNetwork): RunNetwork | undefined {
	const secrets = given.secrets.flatMap(({ name, inject }) => (inject === undefined ? [] : [{ name, ...inject }]));
	if (given.allow.length === 0 && secrets.length === 0) return undefined;
	const network = { allow: given.allow, secrets };
	const options = networkForSandbox(network, given);
	if (options !== undefined) readNetworkRules(options);
	return network;
}

/** Adds entries that hold for one sandbox alone. */
export function withAllowed(network: RunNetwork | undefined, allow: readonly string[]): RunNetwork | undefined {
	if (allow.length === 0) return network;
	return { allow: [...(network?.allow ?? []), ...allow], secrets: network?.secrets ?? [] };
}

/** Puts the values of secrets, which are on no record, beside what is. Throws `USAGE` where one is not at hand. */
export function networkForSandbox(
	network: RunNetwork | undefined,
	{ secrets, authorities }: Pick<GivenNetwork, "secrets" | "authorities">,
): NetworkOptions | undefined {
	if (network === undefined) return undefined;
	const injected = network.secrets.map((recorded) => {
		const given = secrets.find(({ name }) => name === recorded.name);
		if (given !== undefined) return { ...recorded, value: given.value };
		throw new RetakeError("USAGE", `the secret ${recorded.name} goes to ${recorded.to} and was not given`, {
			sort: "misuse",
			data: { name: recorded.name, to: recorded.to },
			remedy: `give it again: no record holds it (--secret ${recorded.name}@${recorded.to}, or the option "secrets")`,
		});
	});
	return { allow: network.allow, secrets: injected, authorities };
}
