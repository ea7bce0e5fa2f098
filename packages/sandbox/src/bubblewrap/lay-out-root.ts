import { existsSync, lstatSync, mkdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ReadOnlyMount } from "../sandbox.ts";
import { places } from "./places.ts";

const ownFiles: Readonly<Record<string, string>> = {
	"etc/passwd":
		"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nretake:x:1000:1000:retake:/home/retake:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
	"etc/group": "root:x:0:\nretake:x:1000:\nnogroup:x:65534:\n",
	"etc/hosts": "127.0.0.1 localhost retake\n::1 localhost\n",
	"etc/hostname": "retake\n",
	"etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
	"etc/resolv.conf": "",
};

/** Of the host's or image's `/etc`, only what programs cannot do without and what says nothing about the machine. */
const sharedEtc = [
	"etc/ld.so.cache",
	"etc/alternatives",
	"etc/ssl/certs",
	"etc/ssl/openssl.cnf",
	"etc/pki",
	"etc/crypto-policies",
];

const ownDirectories = ["proc", "dev", "tmp", "workspace", "home/retake", "run", "var", "etc", "usr", "opt"];

/** Where old layouts keep programs and libraries; today links into `/usr`. */
const topDirectories = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/**
 * Makes the skeleton of what commands see as `/` in the directory `target`, and returns what the holder must still mount
 * into it. `image` is the unpacked root file system that programs come from, `/` for the host's.
 */
export function layOutRoot(target: string, image: string, mounts: readonly ReadOnlyMount[]): readonly ReadOnlyMount[] {
	for (const name of ownDirectories) mkdirSync(join(target, name), { recursive: true, mode: 0o755 });
	for (const [name, content] of Object.entries(ownFiles)) writeFileSync(join(target, name), content, { mode: 0o644 });
	symlinkSync("/tmp", join(target, "var/tmp"));
	symlinkSync("/proc/self/mounts", join(target, "etc/mtab"));

	const binds: ReadOnlyMount[] = [{ source: join(image, "usr"), target: join(places.root, "usr") }];
	const bind = (source: string, inside: string): void => {
		makeMountPoint(join(target, inside), statSync(source).isDirectory());
		binds.push({ source, target: join(places.root, inside) });
	};
	for (const name of topDirectories) {
		const source = join(image, name);
		const found = lstatSync(source, { throwIfNoEntry: false });
		if (found?.isSymbolicLink()) symlinkSync(readlinkSync(source), join(target, name));
		else if (found?.isDirectory()) bind(source, name);
	}
	for (const name of sharedEtc) if (existsSync(join(image, name))) bind(join(image, name), name);
	for (const mount of mounts) bind(mount.source, mount.target);
	return binds;
}

function makeMountPoint(path: string, isDirectory: boolean): void {
	mkdirSync(isDirectory ? path : dirname(path), { recursive: true, mode: 0o755 });
	if (!isDirectory) writeFileSync(path, "");
}
