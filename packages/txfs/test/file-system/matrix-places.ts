import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Plants one of everything: files, directories full and empty, links to each, a link to nothing and one to itself. */
export function plantMatrix(root: string): void {
	rmSync(root, { recursive: true, force: true });
	mkdirSync(join(root, "full/inner"), { recursive: true });
	mkdirSync(join(root, "empty"));
	writeFileSync(join(root, "file"), "0123456789");
	writeFileSync(join(root, "script"), "#!/bin/sh\n");
	chmodSync(join(root, "script"), 0o755);
	writeFileSync(join(root, "full/leaf"), "leaf");
	writeFileSync(join(root, "full/inner/deep"), "deep");
	symlinkSync("file", join(root, "to-file"));
	symlinkSync("full", join(root, "to-directory"));
	symlinkSync("nowhere", join(root, "dangling"));
	symlinkSync("loop", join(root, "loop"));
	symlinkSync("../file", join(root, "full/up"));
}

/** Every state a path can be in. */
export const places: readonly string[] = [
	"file",
	"script",
	"full",
	"empty",
	"to-file",
	"to-directory",
	"dangling",
	"loop",
	"missing",
	"missing/beneath",
	"file/beneath",
	"to-file/beneath",
	"to-directory/leaf",
	"to-directory/new",
	"full/up",
	"full/inner/deep",
	"full/../file",
	"full/.",
	"file/.",
	"full/",
	"empty/",
	"file/",
	"to-directory/",
	"dangling/",
	"missing/",
	".",
	"n".repeat(256),
];

/** What the second path of an operation can be. */
export const targets: readonly string[] = [
	"file",
	"full",
	"empty",
	"to-file",
	"to-directory",
	"dangling",
	"loop",
	"missing",
	"missing/beneath",
	"file/beneath",
	"full/inner/new",
	"to-directory/new",
	"new/",
];
