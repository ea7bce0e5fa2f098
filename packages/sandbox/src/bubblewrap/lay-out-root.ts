import { existsSync, lstatSync, mkdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ReadOnlyMount } from "../sandbox.ts";
import { ownDirectories, ownFiles } from "./own-files.ts";
import { writeFiles } from "./write-files.ts";

/** Of the host's `/etc`, only what programs cannot do without and what says nothing about the machine. */
const sharedEtc = [
	"etc/ld.so.cache",
	"etc/alternatives",
	"etc/ssl/certs",
	"etc/ssl/openssl.cnf",
	"etc/pki",
	"etc/crypto-policies",
];

/** Where old layouts keep programs and libraries; today links into `/usr`. */
const topDirectories = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/**
 * Makes the skeleton of what commands see as `/` in the directory `target`, out of the host's own programs, and returns what must
 * still be mounted into it, targets as commands see them.
 */
export function layOutRoot(
	target: string,
	mounts: readonly ReadOnlyMount[],
	files: Readonly<Record<string, string>>,
): readonly ReadOnlyMount[] {
	for (const name of ownDirectories) mkdirSync(join(target, name), { recursive: true, mode: 0o755 });
	writeFiles(target, { ...ownFiles, ...files });
	symlinkSync("/tmp", join(target, "var/tmp"));
	symlinkSync("/proc/self/mounts", join(target, "etc/mtab"));

	const binds: ReadOnlyMount[] = [{ source: "/usr", target: "/usr" }];
	const bind = (source: string, inside: string): void => {
		makeMountPoint(join(target, inside), statSync(source).isDirectory());
		binds.push({ source, target: join("/", inside) });
	};
	for (const name of topDirectories) {
		const source = join("/", name);
		const found = lstatSync(source, { throwIfNoEntry: false });
		if (found?.isSymbolicLink()) symlinkSync(readlinkSync(source), join(target, name));
		else if (found?.isDirectory()) bind(source, name);
	}
	for (const name of sharedEtc) if (existsSync(join("/", name))) bind(join("/", name), name);
	for (const mount of mounts) bind(mount.source, mount.target);
	return binds;
}

function makeMountPoint(path: string, isDirectory: boolean): void {
	mkdirSync(isDirectory ? path : dirname(path), { recursive: true, mode: 0o755 });
	if (!isDirectory) writeFileSync(path, "");
}
