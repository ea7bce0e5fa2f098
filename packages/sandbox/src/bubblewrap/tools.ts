import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

/** The programs of the host that the driver starts, as absolute paths. */
export interface BubblewrapTools {
	readonly bwrap: string;
	readonly unshare: string;
	readonly nsenter: string;
	readonly setarch: string;
	readonly mount: string;
	readonly mkfifo: string;
	readonly sh: string;
	/** Needed where nothing else mounts an overlay; the kernel's own is tried before. */
	readonly "fuse-overlayfs": string;
}

/** The name of a tool and the Debian package that has it. */
export const toolPackages: Readonly<Record<keyof BubblewrapTools, string>> = {
	bwrap: "bubblewrap",
	unshare: "util-linux",
	nsenter: "util-linux",
	setarch: "util-linux",
	mount: "mount",
	mkfifo: "coreutils",
	sh: "dash",
	"fuse-overlayfs": "fuse-overlayfs",
};

/** Tells whether a tool is needed by one way of making layers alone. */
export function isOptional(name: keyof BubblewrapTools): boolean {
	return name === "fuse-overlayfs";
}

const directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

/** Finds each tool that is not given, in fixed directories. Those that are missing are null. */
export function findTools(given: Partial<BubblewrapTools>): Readonly<Record<keyof BubblewrapTools, string | null>> {
	const find = (name: keyof BubblewrapTools): string | null =>
		[given[name] ?? directories.map((directory) => join(directory, name))].flat().find(isExecutable) ?? null;
	return {
		bwrap: find("bwrap"),
		unshare: find("unshare"),
		nsenter: find("nsenter"),
		setarch: find("setarch"),
		mount: find("mount"),
		mkfifo: find("mkfifo"),
		sh: find("sh"),
		"fuse-overlayfs": find("fuse-overlayfs"),
	};
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}
