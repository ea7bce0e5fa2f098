import {
	copyFileSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readlinkSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ReadOnlyMount } from "../sandbox.ts";
import { ownDirectories, ownFiles } from "./own-files.ts";
import { writeFiles } from "./write-files.ts";

/** Largest file that is copied into the skeleton rather than bound, bytes: a copy is cheaper than a mount. */
const copiedBytesMax = 65_536;

/**
 * Makes the skeleton of what commands see as `/` in the directory `target`, out of an unpacked image, and returns what must still be
 * mounted into it, targets as commands see them. Where Retake or a mount puts something of its own, the directory is made anew and what the image has in it is put around;
 * every other directory is bound whole. The image itself is not written to.
 */
export function layOutImage(
	target: string,
	image: string,
	mounts: readonly ReadOnlyMount[],
	files: Readonly<Record<string, string>>,
): readonly ReadOnlyMount[] {
	const ours = Object.keys(files).map((path) => path.replace(/^\/+/, ""));
	const own = [...ownDirectories, ...Object.keys(ownFiles), ...ours, "etc/mtab", "var/tmp"];
	const placed = [...own, ...mounts.map((mount) => mount.target.replace(/^\/+/, ""))];
	const replaced = new Set([
		...Object.keys(ownFiles),
		...ours,
		"etc/mtab",
		"var/tmp",
		"tmp",
		"run",
		"proc",
		"dev",
		"workspace",
		"home",
	]);
	const binds: ReadOnlyMount[] = [];

	const lay = (path: string): void => {
		mkdirSync(join(target, path), { recursive: true, mode: 0o755 });
		for (const name of readdirSync(join(image, path))) {
			const inside = path === "" ? name : `${path}/${name}`;
			if (replaced.has(inside)) continue;
			const source = join(image, inside);
			const found = lstatSync(source);
			if (found.isSymbolicLink()) symlinkSync(readlinkSync(source), join(target, inside));
			else if (found.isDirectory()) {
				if (placed.some((place) => place === inside || place.startsWith(`${inside}/`))) lay(inside);
				else {
					mkdirSync(join(target, inside));
					binds.push({ source, target: join("/", inside) });
				}
			} else if (found.size <= copiedBytesMax) {
				copyFileSync(source, join(target, inside));
				utimesSync(join(target, inside), found.mtime, found.mtime);
			} else {
				writeFileSync(join(target, inside), "");
				binds.push({ source, target: join("/", inside) });
			}
		}
	};
	lay("");
	for (const name of ownDirectories) mkdirSync(join(target, name), { recursive: true, mode: 0o755 });
	writeFiles(target, { ...ownFiles, ...files });
	symlinkSync("/tmp", join(target, "var/tmp"));
	symlinkSync("/proc/self/mounts", join(target, "etc/mtab"));
	for (const mount of mounts) {
		const inside = join(target, mount.target);
		const isDirectory = statSync(mount.source).isDirectory();
		mkdirSync(isDirectory ? inside : dirname(inside), { recursive: true, mode: 0o755 });
		if (!isDirectory) writeFileSync(inside, "");
		binds.push({ source: mount.source, target: join("/", mount.target) });
	}
	return binds;
}
