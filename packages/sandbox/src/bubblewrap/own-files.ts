/** Files of the sandbox's own, whatever its root is made of. */
export const ownFiles: Readonly<Record<string, string>> = {
	"etc/passwd":
		"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nretake:x:1000:1000:retake:/home/retake:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
	"etc/group": "root:x:0:\nretake:x:1000:\nnogroup:x:65534:\n",
	"etc/hosts": "127.0.0.1 localhost retake\n::1 localhost\n",
	"etc/hostname": "retake\n",
	"etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
	"etc/resolv.conf": "",
};

/** Directories of the sandbox's own. */
export const ownDirectories: readonly string[] = [
	...["proc", "dev", "tmp", "workspace", "home/retake", "run", "var", "etc", "usr", "opt"],
];
