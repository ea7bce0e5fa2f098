import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "@retake/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeXattrs } from "../../src/attributes/write-xattrs.ts";

let place = "";
let mounted = "";
beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-xattrs-"));
	mounted = join(place, "mounted");
	mkdirSync(mounted);
});
afterEach(() => {
	spawnSync("umount", [mounted]);
	rmSync(place, { recursive: true });
});

/** Mounts a small ext4, where all attributes of an inode have one block, and which says ENOSPC of what does not fit there. */
function mountSmall(): void {
	const image = join(place, "image");
	writeFileSync(image, "");
	truncateSync(image, 8 * 2 ** 20);
	execFileSync("mkfs.ext4", ["-q", "-F", "-b", "1024", image]);
	execFileSync("mount", ["-o", "loop", image, mounted]);
}

describe("an attribute for which there is no room", needs("root"), () => {
	const attribute = (bytes: number) => [{ name: "user.a", value: Buffer.alloc(bytes, 1) }];

	test("in an inode is told from one for which there is none on the disk", () => {
		mountSmall();
		const file = join(mounted, "file");
		writeFileSync(file, "kept");
		expect(() => writeXattrs(file, attribute(3000))).toThrow(expect.objectContaining({ code: "TREE_REFUSED" }));

		const filled = spawnSync("dd", ["if=/dev/zero", `of=${join(mounted, "ballast")}`, "bs=1k"], { encoding: "utf8" });
		expect(filled.stderr).toMatch(/No space left/);
		expect(() => writeXattrs(file, attribute(600))).toThrow(expect.objectContaining({ code: "ENOSPC" }));

		rmSync(join(mounted, "ballast"));
		writeXattrs(file, attribute(600));
	});
});
