import { dirname, relative } from "node:path";
import type { CommandInside } from "@retake/testkit";

// All names of a mount's layers together must fit in a page: they are spelled from the space.
const script =
	'cd "$1" && mount -t overlay overlay -o "$2" "$3" && target=$3 && shift 3 && cd / && exec "$@" "$target"';

/** Returns how a program is run on an overlay of the kernel's, mounted at a directory in a namespace of the program's own. */
export function onMountedOverlay(target: string): CommandInside {
	const namespaces = process.geteuid?.() === 0 ? ["-m"] : ["-U", "-r", "-m"];
	return (mount, program) => {
		if (mount.kind !== "overlay") throw new TypeError("an overlay is mounted, and nothing else");
		const space = dirname(mount.upper);
		const spell = (path: string): string => relative(space, path);
		const lowers = mount.lowers.map(spell).join(":");
		const options = `userxattr,lowerdir=${lowers},upperdir=${spell(mount.upper)},workdir=${spell(mount.work)}`;
		return ["unshare", ...namespaces, "sh", "-c", script, "sh", space, options, target, ...program];
	};
}
