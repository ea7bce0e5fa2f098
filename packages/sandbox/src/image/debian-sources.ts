import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";

/**
 * Returns what of the host's apt sources is Debian's own and of the suite, as one deb822 text: an image comes from where the
 * host itself comes from. `aptDirectory` is `/etc/apt`. Throws `USAGE` where the host has no source of the suite.
 */
export function debianSources(aptDirectory: string, suite: string): string {
	const stanzas = sourceFiles(aptDirectory).flatMap((path) => {
		const text = readFileSync(path, "utf8");
		return path.endsWith(".sources") ? text.split(/\n\s*\n/) : text.split("\n").map(stanzaOfLine);
	});
	const chosen = stanzas.map(withoutComments).filter((stanza) => isDebians(stanza) && suitesOf(stanza).includes(suite));
	const updates = stanzas
		.map(withoutComments)
		.filter((stanza) => isDebians(stanza) && suitesOf(stanza).some((name) => name === `${suite}-security`));
	if (chosen.length === 0) {
		throw new RetakeError("USAGE", `the host has no apt source of Debian's suite ${suite}`, {
			data: { aptDirectory, suite },
			remedy: `add one under ${join(aptDirectory, "sources.list.d")}, or declare the host's own suite in image.json`,
		});
	}
	return `${[...new Set([...chosen, ...updates])].join("\n\n")}\n`;
}

function sourceFiles(aptDirectory: string): string[] {
	const single = join(aptDirectory, "sources.list");
	const directory = join(aptDirectory, "sources.list.d");
	const others = existsSync(directory) ? readdirSync(directory).sort() : [];
	return [
		...(existsSync(single) ? [single] : []),
		...others.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(directory, name)),
	];
}

function stanzaOfLine(line: string): string {
	const [, options = "", address, suite, components] =
		/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
	if (address === undefined || suite === undefined || components === undefined) return "";
	const [, signedBy] = /signed-by=(\S+)/.exec(options) ?? [];
	const signature = signedBy === undefined ? "" : `\nSigned-By: ${signedBy}`;
	return `Types: deb\nURIs: ${address}\nSuites: ${suite}\nComponents: ${components}${signature}`;
}

function withoutComments(stanza: string): string {
	return stanza
		.split("\n")
		.filter((line) => line.trim() !== "" && !line.startsWith("#"))
		.join("\n");
}

function suitesOf(stanza: string): string[] {
	const [, suites = ""] = /^Suites:(.*)$/m.exec(stanza) ?? [];
	return suites.trim().split(/\s+/);
}

/** Debian's own archive is signed by Debian's keyring, or by apt's trusted keys where nothing is said. */
function isDebians(stanza: string): boolean {
	if (!/^Types:.*\bdeb\b/m.test(stanza) || !/^Components:.*\bmain\b/m.test(stanza)) return false;
	const [, signedBy] = /^Signed-By:\s*(.*)$/m.exec(stanza) ?? [];
	return signedBy === undefined || /debian-archive-keyring/.test(signedBy);
}
