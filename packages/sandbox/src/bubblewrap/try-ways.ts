import { execFile } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { RetakeError } from "@retake/base";
import { isSystemCallError, setExtendedAttribute } from "@retake/linux";
import type { SandboxOptions } from "../sandbox.ts";
import type { LayersOn } from "./holder.ts";
import type { Footing, LayersWay } from "./layers-way.ts";
import { mountedPlaces as places } from "./places.ts";
import type { BubblewrapTools } from "./tools.ts";
import { forbiddingThings, type HostRoot } from "./why-forbidden.ts";

/** What a way of making layers is tried with. */
export interface TrialParts {
	readonly tools: Readonly<Record<keyof BubblewrapTools, string | null>>;
	readonly layersOn: LayersOn;
	readonly treesDirectory: string;
	readonly owner: SandboxOptions["owner"];
	readonly hostRoot: HostRoot;
}

/** What became of one way. */
export interface WayFound {
	readonly way: LayersWay;
	/** Null where it works, else why not. */
	readonly failure: string | null;
	readonly remedy: string | null;
	/** Whether `unshare` made namespaces. */
	readonly hasNamespaces: boolean;
}

/** Tries ways in order until one works. Throws `SANDBOX_UNAVAILABLE` where none does, with what forbids it. */
export async function findFooting(parts: TrialParts, ways: readonly LayersWay[]): Promise<Footing> {
	const found: WayFound[] = [];
	for (const way of ways) {
		const tried = await tryWay(way, parts);
		if (tried.failure === null) return { way, hasNamespaces: tried.hasNamespaces };
		found.push(tried);
	}
	// A way that says itself what it lacks is not one that the host forbids.
	const forbidding = found.some(({ remedy }) => remedy === null) ? forbiddingThings(parts.hostRoot) : [];
	const remedies =
		forbidding.length > 0 ? forbidding : found.flatMap(({ remedy }) => (remedy === null ? [] : [{ remedy }]));
	const message = `no layers can be made here: ${found.map(({ way, failure }) => `${way}: ${failure}`).join("; ")}`;
	throw new RetakeError("SANDBOX_UNAVAILABLE", [message, ...forbidding.map(({ detail }) => detail)].join("; "), {
		data: { ways: Object.fromEntries(found.map(({ way, failure }) => [way, failure])) },
		remedy: `${remedies.map(({ remedy }) => remedy).join(", or ") || "run `retake doctor`"}; --sandbox docker needs no user namespaces, and replay, diff and show need no sandbox`,
	});
}

/** Tries one way for real, with directories of its own that are gone afterwards. */
export async function tryWay(way: LayersWay, parts: TrialParts): Promise<WayFound> {
	switch (way) {
		case "unshare":
			return tryMounting(way, 'mount -i -n -t overlay -o "userxattr,$options" overlay m', parts);
		case "fuse-overlayfs":
			return tryFuse(parts);
		case "bwrap":
			return tryBubblewrap(parts);
		case "copy": {
			const mounting = await tryMounting(way, ":", parts);
			return mounting.failure === null ? mounting : tryPlain(parts);
		}
	}
}

const fuseDevice = "/dev/fuse";

async function tryFuse(parts: TrialParts): Promise<WayFound> {
	const program = parts.tools["fuse-overlayfs"];
	if (program === null) {
		return { ...no("fuse-overlayfs is not installed", "apt-get install fuse-overlayfs"), way: "fuse-overlayfs" };
	}
	// Without -f it goes into the background when it has mounted.
	const mounting = `exec 3<>${fuseDevice} && exec 3>&- && ${program} -o "writeback=0,$options" m 2>&1 >/dev/null && umount m`;
	const found = await tryMounting("fuse-overlayfs", mounting, parts);
	return found.failure?.includes(fuseDevice) ? { ...found, remedy: `modprobe fuse; chmod 666 ${fuseDevice}` } : found;
}

/** Mounts as commands will: in namespaces of the owner's, layers where they will be. Says how far it came. */
async function tryMounting(way: LayersWay, mounting: string, parts: TrialParts): Promise<WayFound> {
	const { tools, layersOn, treesDirectory, owner } = parts;
	if (tools.unshare === null) return { ...no("unshare is not installed", "apt-get install util-linux"), way };
	using scratch = makeScratch(treesDirectory, owner);
	const lacking = layersOn === "disk" && way !== "copy" ? attributesLack(scratch.path) : null;
	if (lacking !== null) return { ...lacking, way };
	const base =
		layersOn === "disk" ? `--bind ${scratch.name} ${places.base}` : `-t tmpfs -o mode=700 tmpfs ${places.base}`;
	const script = `
mount -i -n ${base} && echo namespaces && cd ${places.base} && mkdir l u w m || exit 1
options=lowerdir=l,upperdir=u,workdir=w
${mounting} || exit 1
echo mounted`;
	const said = await run([tools.unshare, "-Urm", tools.sh ?? "/bin/sh", "-c", script], parts);
	const hasNamespaces = said.output.startsWith("namespaces");
	if (said.output.endsWith("mounted")) return { way, failure: null, remedy: null, hasNamespaces };
	const remedy = hasNamespaces ? mountingRemedies[way] : null;
	return { way, failure: said.complaint, remedy: remedy ?? null, hasNamespaces };
}

const mountingRemedies: Partial<Readonly<Record<LayersWay, string>>> = {
	unshare: "use Linux 5.11 or later with the module overlay (modprobe overlay)",
	"fuse-overlayfs": "see fuse-overlayfs(1)",
};

async function tryBubblewrap(parts: TrialParts): Promise<WayFound> {
	const way = "bwrap";
	const { bwrap } = parts.tools;
	if (bwrap === null) return { ...no("bwrap is not installed", "apt-get install bubblewrap"), way };
	const help = await run([bwrap, "--help"], parts);
	if (!help.output.includes("--overlay-src")) {
		const version = await run([bwrap, "--version"], parts);
		const remedy = "install bubblewrap 0.11 or later (Debian 13, Ubuntu 25.04)";
		return { ...no(`${version.output.trim()} has no overlays; 0.11 has`, remedy), way };
	}
	const names = ["l", "u", "w", "m"];
	const overlay = (at: string): string[] => {
		const [lower = "", upper = "", work = "", target = ""] = names.map((name) => `${at}/${name}`);
		return ["--bind", "/", "/", "--overlay-src", lower, "--overlay", upper, work, target];
	};
	using scratch = makeScratch(parts.treesDirectory, parts.owner);
	const isOnDisk = parts.owner === null || parts.layersOn === "disk";
	const lacking = isOnDisk ? attributesLack(scratch.path) : null;
	if (lacking !== null) return { ...lacking, way };
	if (parts.owner === null) {
		for (const name of names) mkdirSync(join(scratch.path, name));
		return await tryAlone(way, overlay(scratch.path), parts);
	}
	// Root mounts the layers' space, and bwrap the overlay, as the owner.
	const { uid, gid } = parts.owner;
	const base = isOnDisk ? `--bind ${scratch.name}` : `-t tmpfs -o mode=755,uid=${uid},gid=${gid} tmpfs`;
	const script = `
mount -i -n ${base} ${places.base} && cd ${places.base} && mkdir ${names.join(" ")} && chown ${uid}:${gid} * || exit 1
exec nsenter -t $$ -m -S ${uid} -G ${gid} -- "$@"`;
	const inside = [...alone(bwrap), ...overlay(places.base), "--", "/bin/true"];
	const line = [parts.tools.unshare ?? "unshare", "-m", parts.tools.sh ?? "/bin/sh", "-c", script, "trial", ...inside];
	const { isDone, complaint } = await run(line, { ...parts, owner: null });
	return { way, failure: isDone ? null : complaint, remedy: null, hasNamespaces: false };
}

/** An overlay mounts without them, and then fails at the first directory that a command puts in place of another. */
function attributesLack(directory: string): Omit<WayFound, "way"> | null {
	try {
		setExtendedAttribute(directory, "user.retake", Buffer.from("y"));
		return null;
	} catch (cause) {
		if (!isSystemCallError(cause, "EOPNOTSUPP", "ENOTSUP")) throw cause;
		const failure = `the file system of ${dirname(directory)} takes no user attributes`;
		return no(failure, "keep the store on one that does, with --store; a tmpfs does from Linux 6.6 on");
	}
}

async function tryPlain(parts: TrialParts): Promise<WayFound> {
	return tryAlone("copy", ["--ro-bind", "/", "/"], parts);
}

async function tryAlone(way: LayersWay, mounts: readonly string[], parts: TrialParts): Promise<WayFound> {
	const { bwrap } = parts.tools;
	if (bwrap === null) return { ...no("bwrap is not installed", "apt-get install bubblewrap"), way };
	const { isDone, complaint } = await run([...alone(bwrap), ...mounts, "--proc", "/proc", "--", "/bin/true"], parts);
	return { way, failure: isDone ? null : complaint, remedy: null, hasNamespaces: false };
}

function alone(bwrap: string): readonly string[] {
	return [bwrap, "--unshare-all", "--unshare-user", "--disable-userns"];
}

function no(failure: string, remedy: string): Omit<WayFound, "way"> {
	return { failure, remedy, hasNamespaces: false };
}

interface Scratch extends Disposable {
	readonly name: string;
	readonly path: string;
}

function makeScratch(treesDirectory: string, owner: SandboxOptions["owner"]): Scratch {
	const directory = mkdtempSync(join(treesDirectory, ".trial-"));
	if (owner !== null) chownSync(directory, owner.uid, owner.gid);
	return {
		name: basename(directory),
		path: directory,
		[Symbol.dispose]: () => {
			// The kernel closes what it works in, also to its owner.
			const closed = join(directory, "w/work");
			if (existsSync(closed)) chmodSync(closed, 0o700);
			rmSync(directory, { recursive: true, force: true });
		},
	};
}

interface Said {
	readonly isDone: boolean;
	readonly output: string;
	/** The last line of what was said when it failed. */
	readonly complaint: string;
}

const trialMs = 10_000;

async function run(line: readonly string[], { treesDirectory, owner }: TrialParts): Promise<Said> {
	const [program = "", ...rest] = line;
	const options = { cwd: treesDirectory, env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" }, timeout: trialMs, ...owner };
	try {
		const { stdout } = await promisify(execFile)(program, rest, options);
		return { isDone: true, output: stdout.trim(), complaint: "" };
	} catch (cause) {
		const { stdout = "", stderr = "" } = cause as { readonly stdout?: string; readonly stderr?: string };
		const lines = `${stdout}\n${stderr}`
			.trim()
			.split("\n")
			.filter((each) => each !== "namespaces" && each !== "");
		return { isDone: false, output: stdout.trim(), complaint: lines.at(-1) ?? String(cause) };
	}
}
