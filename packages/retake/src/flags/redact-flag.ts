import { RetakeError } from "@retake/base";
import type { RuntimeOptions } from "@retake/runtime";
import type { Command } from "commander";
import { collect } from "./collect.ts";
import { readSecretFlag } from "./secret-flag.ts";

/** The options that name secrets. */
export interface SecretFlags {
	/** As `readSecretFlag` reads them. */
	readonly secret?: readonly string[];
	/** `NAME=VARIABLE`: the placeholder's name, and the environment variable that holds the value. */
	readonly redact?: readonly string[];
}

type Secrets = NonNullable<RuntimeOptions["secrets"]>;

/** Adds the option that keeps a secret off the record. */
export function addRedactFlag(command: Command): Command {
	return command.option(
		"--redact <name=variable>",
		"a variable whose value is never written down; may be repeated",
		collect,
	);
}

/** Reads every secret that the options name; the values come from the environment. Throws `USAGE`. */
export function secretsOf(
	{ secret = [], redact = [] }: SecretFlags,
	environment: Readonly<Record<string, string>>,
): Secrets {
	return [
		...secret.map((text) => readSecretFlag(text, environment)),
		...redact.map((text) => readRedactFlag(text, environment)),
	];
}

function readRedactFlag(text: string, environment: Readonly<Record<string, string>>): Secrets[number] {
	const [, name, variable] = /^([\w-]+)=(\w+)$/.exec(text) ?? [];
	if (name === undefined || variable === undefined) {
		throw new RetakeError("USAGE", `cannot read --redact ${JSON.stringify(text)}`, {
			sort: "misuse",
			remedy: "write --redact NAME=VARIABLE: the placeholder's name, and the variable that holds the secret",
		});
	}
	const value = environment[variable];
	if (value !== undefined && value !== "") return { name, value };
	throw new RetakeError("USAGE", `--redact ${text}: the variable ${variable} is not set`, {
		sort: "misuse",
		remedy: `set ${variable} in the environment of retake`,
	});
}
