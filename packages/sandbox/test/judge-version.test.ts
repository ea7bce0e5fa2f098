import { describe, expect, test } from "vitest";
import { type JudgedProgram, judgeVersion } from "../src/judge-version.ts";

describe("versions with a known fault are warned about, by the fault's name", () => {
	test.each<[JudgedProgram, string, readonly string[]]>([
		["runc", "1.1.5+ds1", ["CVE-2024-21626", "CVE-2025-31133"]],
		["runc", "1.1.12", ["CVE-2025-31133"]],
		["runc", "1.3.1", ["CVE-2025-31133"]],
		["runc", "1.2.9", []],
		["runc", "1.3.3", []],
		["bubblewrap", "bubblewrap 0.3.2", ["CVE-2019-12439", "CVE-2020-5291"]],
		["bubblewrap", "bubblewrap 0.4.0", ["CVE-2020-5291"]],
		["bubblewrap", "bubblewrap 0.8.0", []],
		["docker", "19.03.0", ["CVE-2019-14271", "CVE-2021-41091", "CVE-2024-41110"]],
		["docker", "25.0.6", []],
		["docker", "26.1.4", ["CVE-2024-41110"]],
		["docker", "28.2.2+dfsg1", []],
	])("%s %s", (program, version, faults) => {
		const found = judgeVersion(program, version);
		expect(found.map(({ status }) => status)).toEqual(faults.map(() => "warning"));
		expect(found.map(({ detail }) => /CVE-\d+-\d+/.exec(detail)?.[0])).toEqual(faults);
		for (const { remedy } of found) expect(remedy).toContain("apt-get install --only-upgrade");
	});

	test("a version that cannot be read is a warning too", () => {
		expect(judgeVersion("runc", "")).toMatchObject([{ status: "warning", remedy: "see runc --version" }]);
	});
});
