import type { Finding } from "./sandbox.ts";

/** Programs that a sandbox is only as good as. */
export type JudgedProgram = "bubblewrap" | "runc" | "docker";

/** What is known of the versions of one program. */
interface KnownFault {
	/** What to tell, with the CVE. */
	readonly what: string;
	/** The first version without it, and where several series are mended, the first of each. */
	readonly mendedIn: readonly string[];
}

/** Faults by which a sandbox was left, as the maintainers published them. Distributions mend older versions too. */
const knownFaults: Readonly<Record<JudgedProgram, readonly KnownFault[]>> = {
	bubblewrap: [
		{ what: "CVE-2016-8659, root's rights by a set-user-id bwrap", mendedIn: ["0.1.3"] },
		{ what: "CVE-2019-12439, a mount point in /tmp that others can make", mendedIn: ["0.3.3"] },
		{ what: "CVE-2020-5291, root's rights by a set-user-id bwrap", mendedIn: ["0.4.1"] },
	],
	runc: [
		{ what: "CVE-2024-21626, an escape by a leaked descriptor", mendedIn: ["1.1.12"] },
		{
			what: "CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881, escapes by masked paths",
			mendedIn: ["1.2.8", "1.3.3"],
		},
	],
	docker: [
		{ what: "CVE-2019-14271, an escape by docker cp", mendedIn: ["19.3.1"] },
		{ what: "CVE-2021-41091, the data directory open to every user", mendedIn: ["20.10.9"] },
		{ what: "CVE-2024-41110, authorization plugins passed by", mendedIn: ["23.0.15", "25.0.6", "26.1.5", "27.1.1"] },
	],
};

/**
 * Judges a version by what is known of the program: a warning for each fault that it has, or that the version cannot be read.
 * A version that has none has no finding.
 */
export function judgeVersion(program: JudgedProgram, said: string): readonly Finding[] {
	const version = numbersOf(said);
	if (version === null) {
		const detail = `${program} does not say which version it is`;
		return [{ check: program, status: "warning", detail, remedy: `see ${commands[program]} --version` }];
	}
	return knownFaults[program]
		.filter(({ mendedIn }) => !isMended(version, mendedIn))
		.map(({ what, mendedIn }) => ({
			check: program,
			status: "warning",
			detail: `${version.join(".")} has ${what}, mended in ${mendedIn.join(" and ")}, unless the distribution mended it`,
			remedy: `apt-get install --only-upgrade ${packages[program]}`,
		}));
}

const commands: Readonly<Record<JudgedProgram, string>> = { bubblewrap: "bwrap", runc: "runc", docker: "dockerd" };
const packages: Readonly<Record<JudgedProgram, string>> = {
	bubblewrap: "bubblewrap",
	runc: "runc",
	docker: "docker.io",
};

type Version = readonly [major: number, minor: number, patch: number];

function numbersOf(said: string): Version | null {
	const [, major, minor, patch = "0"] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(said) ?? [];
	return major === undefined || minor === undefined ? null : [Number(major), Number(minor), Number(patch)];
}

/** A version is mended by the entry of its own series, and beyond all of them. */
function isMended(version: Version, mendedIn: readonly string[]): boolean {
	const entries = mendedIn.map((each) => numbersOf(each) ?? ([0, 0, 0] as const));
	const last = entries.at(-1);
	if (last !== undefined && compare(version, last) >= 0) return true;
	return entries.some((entry) => isOfSeries(version, entry) && compare(version, entry) >= 0);
}

function isOfSeries(version: Version, entry: Version): boolean {
	return version[0] === entry[0] && version[1] === entry[1];
}

function compare(left: Version, right: Version): number {
	return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
