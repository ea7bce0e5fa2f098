import { RetakeError } from "@retake/base";
import type { RuntimeOptions } from "@retake/runtime";

/**
 * Reads `VARIABLE@HOST:PORT`, with `=HEADER` for another header than `authorization: Bearer {}`, or `=HEADER: FORMAT` where `{}` stands for
 * the secret. The value comes from the environment variable, so that it is in no history and no process list. Throws `USAGE`.
 */
export function readSecretFlag(
	text: string,
	environment: Readonly<Record<string, string>>,
): NonNullable<RuntimeOptions["secrets"]>[number] {
	const [, name, to, header, format] = /^(\w+)@([^=\s]+)(?:=([^:\s]+)(?::\s*(.+))?)?$/.exec(text) ?? [];
	if (name === undefined || to === undefined) {
		throw new RetakeError("USAGE", `cannot read --secret ${JSON.stringify(text)}`, {
			sort: "misuse",
			remedy:
				"write --secret VARIABLE@HOST:PORT, or --secret 'VARIABLE@HOST:PORT=HEADER: FORMAT' with {} for the secret",
		});
	}
	const value = environment[name];
	if (value === undefined || value === "") {
		throw new RetakeError("USAGE", `--secret ${text}: the variable ${name} is not set`, {
			sort: "misuse",
			remedy: `set ${name} in the environment of retake`,
		});
	}
	const how = header === undefined ? {} : { header, format: format ?? "{}" };
	return { name, value, inject: { to: /:\d+$/.test(to) ? to : `${to}:443`, ...how } };
}
