import type { Finding } from "../sandbox.ts";

/**
 * Judges the version of runc by the escapes that its maintainers published: CVE-2024-21626 (a descriptor leaked into the container,
 * before 1.1.12) and CVE-2025-31133, -52565 and -52881 (masked paths raced, before 1.2.8 and 1.3.3). Distributions mend older versions too: a warning.
 */
export function judgeRunc(version: string): Finding {
	const check = "runc";
	const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
	if (numbers === undefined) {
		const detail = "the daemon does not say which runc it runs";
		return { check, status: "warning", detail, remedy: "see runc --version" };
	}
	const [major = 0, minor = 0, patch = 0] = numbers;
	const rank = major * 1e6 + minor * 1e3 + patch;
	const remedy = "take the newest runc of the distribution";
	if (rank < 1_001_012) {
		const detail = `runc ${version}: escapes known up to 1.1.11 (CVE-2024-21626), unless the distribution mended them`;
		return { check, status: "warning", detail, remedy };
	}
	if (rank < 1_002_008 || (rank >= 1_003_000 && rank < 1_003_003)) {
		const detail = `runc ${version}: escapes known before 1.2.8 and 1.3.3 (CVE-2025-31133), unless the distribution mended them`;
		return { check, status: "warning", detail, remedy };
	}
	return { check, status: "ok", detail: `runc ${version}`, remedy: null };
}
