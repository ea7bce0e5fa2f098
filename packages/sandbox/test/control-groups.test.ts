import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits } from "@retake/base";
import { expect, test } from "vitest";
import { controlGroupsVersion2 } from "../src/limits/control-groups-version-2.ts";

// Hosts of version 1 cannot give controllers to version 2, so here its files are plain ones: what is written and how
// what is there is read. That the kernel acts on them is tested by the conformance suite on a host of version 2.
test("groups of version 2 are written and read as the kernel's files are", () => {
	const directory = mkdtempSync(join(tmpdir(), "groups-"));
	try {
		const groups = controlGroupsVersion2(directory, true);
		const group = groups.create({ ...defaultLimits, memoryBytes: 1000, processes: 5, cpus: 1.5 });
		const path = join(directory, "0");
		expect(readFileSync(join(path, "memory.max"), "utf8")).toBe("1000");
		expect(readFileSync(join(path, "pids.max"), "utf8")).toBe("7");
		expect(readFileSync(join(path, "cpu.max"), "utf8")).toBe("150000 100000");
		expect(group.joinPaths).toEqual([join(path, "cgroup.procs")]);

		writeFileSync(join(path, "cgroup.procs"), "12\n345\n");
		writeFileSync(join(path, "cpu.stat"), "usage_usec 2500\nuser_usec 2000\n");
		writeFileSync(join(path, "memory.peak"), "4096\n");
		writeFileSync(join(path, "memory.events"), "low 0\noom 2\noom_kill 1\noom_group_kill 0\n");
		expect(group.members()).toEqual([12, 345]);
		expect(group.usage()).toEqual({ cpuMs: 2.5, memoryPeakBytes: 4096, memoryKills: 1 });
	} finally {
		rmSync(directory, { recursive: true });
	}
});
