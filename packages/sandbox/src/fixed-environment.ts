/** 2020-01-01T00:00:00Z: late enough for zip archives, which begin in 1980, and the same on every machine. */
const sourceDateEpoch = 1_577_836_800;

/** Returns the environment that every command is given on every machine; directories of `pathPrefix` come first on PATH. */
export function fixedEnvironment(pathPrefix: readonly string[]): Readonly<Record<string, string>> {
	return {
		PATH: [...pathPrefix, "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
		HOME: "/home/retake",
		USER: "retake",
		LOGNAME: "retake",
		LANG: "C.UTF-8",
		TZ: "UTC",
		TERM: "dumb",
		TMPDIR: "/tmp",
		CI: "true",
		SOURCE_DATE_EPOCH: String(sourceDateEpoch),
		PYTHONHASHSEED: "0",
		PYTHONDONTWRITEBYTECODE: "1",
	};
}
