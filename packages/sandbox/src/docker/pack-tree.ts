import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, pipeline, type Readable, type Writable } from "node:stream";
import { RetakeError } from "@retake/base";

/** Who owns the trees of this machine where this process is root; null where it is that user. */
export type TreeOwner = { readonly uid: number; readonly gid: number } | null;

/** Sparse files, hard links, times to the nanosecond; of attributes the user's, but for overlayfs's note of where a copy came from. */
const packing = ["--create", "--sparse", "--format=posix", "--numeric-owner", "--xattrs", "--xattrs-include=user.*"];
const unpacking = [
	"--extract",
	"--preserve-permissions",
	"--delay-directory-restore",
	"--xattrs",
	"--xattrs-include=user.*",
];
const withoutOrigin = "--xattrs-exclude=user.overlay.origin";

/** Returns the program that packs a tree of the daemon's to its standard output. */
export function packLine(directory: string): readonly string[] {
	return ["tar", ...packing, withoutOrigin, "--file=-", `--directory=${directory}`, "."];
}

/** Returns the program that unpacks its standard input into a directory of the daemon's, with the owner that the archive names. */
export function unpackLine(directory: string): readonly string[] {
	return [
		"tar",
		...unpacking,
		"--same-owner",
		"--numeric-owner",
		withoutOrigin,
		"--file=-",
		`--directory=${directory}`,
	];
}

/** One end of a `tar` of this machine. */
export interface LocalTar<Stream> {
	readonly bytes: Stream;
	/** Rejects with `SANDBOX_FAILED` where the tree could not be read or written. */
	readonly done: Promise<void>;
}

/** Packs what `name` is in a directory of this machine, as if `owner` owned it. */
export function packTree(directory: string, name: string, owner: NonNullable<TreeOwner>): LocalTar<Readable> {
	const owned = [`--owner=:${owner.uid}`, `--group=:${owner.gid}`];
	const child = start(["tar", ...packing, ...owned, withoutOrigin, "--file=-", name], directory, null);
	child.stdin?.end();
	if (child.stdout === null) throw new Error("tar was started without an output");
	// Node throws away what nobody has begun to read when a child ends. Where nobody reads on, tar is not to wait for ever.
	const bytes = new PassThrough();
	pipeline(child.stdout, bytes, () => undefined);
	return { bytes, done: ended(child) };
}

/** Unpacks into an empty directory of this machine, as its owner: names in the archive were chosen by a candidate. */
export function unpackTree(directory: string, owner: TreeOwner): LocalTar<Writable> {
	const child = start(["tar", ...unpacking, "--no-same-owner", withoutOrigin, "--file=-"], directory, owner);
	child.stdout?.resume();
	if (child.stdin === null) throw new Error("tar was started without an input");
	child.stdin.on("error", () => {});
	return { bytes: child.stdin, done: ended(child) };
}

/** The directory is entered before the user is changed: its owner may not be allowed to walk down to it. */
function start(line: readonly string[], directory: string, owner: TreeOwner): ChildProcess {
	const [program = "", ...words] = line;
	const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
	return spawn(program, words, { stdio: ["pipe", "pipe", "pipe"], cwd: directory, env, ...owner });
}

async function ended(child: ChildProcess): Promise<void> {
	let complaints = "";
	child.stderr?.on("data", (chunk: Buffer) => {
		complaints = (complaints + chunk.toString()).slice(-2000);
	});
	const [code, signal] = await once(child, "close").catch((error: unknown) => [String(error), null]);
	if (code === 0) return;
	throw new RetakeError("SANDBOX_FAILED", `tar ended with ${code ?? signal}: ${complaints.trim()}`, {
		remedy: "install GNU tar 1.30 or newer here, and look for room on the disk",
	});
}
