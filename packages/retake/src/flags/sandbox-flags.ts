import { layersChoices, type RuntimeOptions } from "@retake/runtime";
import { type Command, Option } from "commander";
import type { Edges } from "../edges/edges.ts";
import { collect } from "./collect.ts";
import { type DockerEdges, dockerOptions } from "./docker-daemon.ts";
import { positiveNumber } from "./positive-number.ts";
import { addRedactFlag, type SecretFlags, secretsOf } from "./redact-flag.ts";

/** The options of verbs that execute something. */
export interface SandboxFlags extends SecretFlags {
	readonly sandbox?: "bubblewrap" | "docker";
	readonly layers?: (typeof layersChoices)[number];
	readonly image?: string;
	readonly clock?: "host" | "fixed";
	/** Seconds. */
	readonly timeout?: number;
	/** Mebibytes. */
	readonly memory?: number;
	/** As the runtime's `allow`. */
	readonly allow?: readonly string[];
}

/** Adds the options of verbs that execute something. */
export function addSandboxFlags(command: Command): Command {
	const extended = command
		.addOption(
			new Option("--sandbox <driver>", "what seals the sandbox (default: bubblewrap)").choices([
				"bubblewrap",
				"docker",
			]),
		)
		.addOption(
			new Option(
				"--layers <kind>",
				"what commands write into: overlays, mounted in any way or the one named, or a plain copy (default: auto, the first that works)",
			).choices(layersChoices),
		)
		.option(
			"--image <name>",
			"image that commands run in, see retake image (default: the host's programs; docker: base)",
		)
		.addOption(
			new Option(
				"--clock <kind>",
				"time of day of commands: the host's, or one that stands still (default: host)",
			).choices(["host", "fixed"]),
		)
		.option("--timeout <seconds>", "deadline of each command", positiveNumber)
		.option("--memory <megabytes>", "memory of each command", positiveNumber)
		.option("--allow <host:port>", "what commands may reach, through a proxy; may be repeated", collect)
		.option(
			"--secret <variable@host:port>",
			"a variable that the proxy puts into requests to a host; may be repeated",
			collect,
		);
	return addRedactFlag(extended);
}

/** Turns the options into a runtime's. Throws `USAGE` for a daemon that cannot be reached as it is named, and for a secret that is not there. */
export function sandboxOptions(
	flags: SandboxFlags,
	edges: DockerEdges & Pick<Edges, "environment">,
): Partial<RuntimeOptions> {
	const limits = {
		...(flags.timeout === undefined ? {} : { timeoutMs: Math.round(flags.timeout * 1000) }),
		...(flags.memory === undefined ? {} : { memoryBytes: Math.round(flags.memory * 1024 ** 2) }),
	};
	return {
		limits,
		allow: [...(flags.allow ?? [])],
		secrets: secretsOf(flags, edges.environment),
		...(flags.sandbox === undefined ? {} : { sandbox: flags.sandbox }),
		...(flags.layers === undefined ? {} : { layers: flags.layers }),
		...(flags.image === undefined ? {} : { image: flags.image }),
		...(flags.clock === undefined ? {} : { clock: flags.clock }),
		...(flags.sandbox === "docker" ? dockerOptions(edges) : {}),
	};
}
