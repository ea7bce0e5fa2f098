import type { TerminalSize } from "./sandbox.ts";

/** 2020-01-01T00:00:00Z: late enough for zip archives, which begin in 1980, and the same on every machine. */
const sourceDateEpoch = 1_577_836_800;

/**
 * Returns the environment that every command is given on every machine; directories of `pathPrefix` come first on PATH. What an image says
 * comes before that, but for its PATH, which takes the place of the usual one. TERM says whether the command is at a terminal.
 */
export function fixedEnvironment(
	pathPrefix: readonly string[],
	image: Readonly<Record<string, string>> = {},
	terminal?: TerminalSize,
): Readonly<Record<string, string>> {
	const path = image["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
	return {
		...image,
		PATH: [...pathPrefix, path].join(":"),
		HOME: "/home/retake",
		USER: "retake",
		LOGNAME: "retake",
		LANG: "C.UTF-8",
		TZ: "UTC",
		TERM: terminal === undefined ? "dumb" : "xterm-256color",
		TMPDIR: "/tmp",
		CI: "true",
		SOURCE_DATE_EPOCH: String(sourceDateEpoch),
		PYTHONHASHSEED: "0",
		PERL_HASH_SEED: "0",
		PERL_PERTURB_KEYS: "0",
		PYTHONDONTWRITEBYTECODE: "1",
	};
}
