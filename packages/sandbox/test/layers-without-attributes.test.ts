import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBubblewrapDriver, type DriverReport } from "@retake/sandbox";
import { needs } from "@retake/testkit";
import { expect, test } from "vitest";

interface Looked {
	readonly layers: "overlay" | "copy";
	readonly report: DriverReport;
}

/** Looks at a host whose layers lie on disk, and whose disk is of this type. */
async function lookAt(fileSystem: string): Promise<Looked> {
	const place = mkdtempSync(join(tmpdir(), "retake-layers-"));
	execFileSync("mount", ["-t", fileSystem, "-o", "mode=755", "none", place]);
	try {
		const driver = createBubblewrapDriver({ layersOn: "disk", scratchDirectory: place });
		const treesDirectory = join(place, "trees");
		mkdirSync(treesDirectory);
		const layers = await driver.layersFor({ treesDirectory, owner: { uid: 61_184, gid: 61_184 } });
		return { layers, report: await driver.probe() };
	} finally {
		execFileSync("umount", [place]);
		rmdirSync(place);
	}
}

// An overlay mounts there, and `rm` of a directory that lies below says "Input/output error".
test("where files take no user attributes layers are copies, and doctor says why", needs("root"), async () => {
	const { layers, report } = await lookAt("ramfs");
	expect(layers).toBe("copy");
	expect(report.usable).toBe(true);
	for (const way of ["unshare", "bwrap", "fuse-overlayfs"]) {
		const finding = report.findings.find(({ check }) => check === `layers by ${way}`);
		// The host's bubblewrap may be too old to come that far.
		expect(finding?.detail).toMatch(way === "bwrap" ? /no user attributes|no overlays/ : /takes no user attributes/);
		expect(finding?.status).toBe("warning");
	}
	expect(report.findings).toContainEqual(
		expect.objectContaining({ check: "sandbox", status: "ok", detail: expect.stringContaining("on a copy") }),
	);
});

test("where they do, an overlay is used", needs("root"), async () => {
	expect(await lookAt("tmpfs")).toMatchObject({ layers: "overlay", report: { usable: true } });
});
