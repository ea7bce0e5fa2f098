import { defaultLimits, type SandboxLimits } from "@retake/base";
import { z } from "zod";

const limitsSchema = z.strictObject({
	timeoutMs: z.int().positive(),
	memoryBytes: z.int().min(16 * 1024 ** 2),
	processes: z.int().positive(),
	cpus: z.number().positive(),
	diskBytes: z.int().min(1024 ** 2),
	logicalBytes: z.int().min(1024 ** 2),
	inodes: z.int().min(64),
	outputBytes: z.int().positive(),
	openFiles: z.int().min(16),
});

const absolutePath = z.string().startsWith("/", "must be an absolute path");

const secretSchema = z.strictObject({
	name: z.string().min(1),
	value: z.string().min(1),
	/** Put by the proxy into every request to one host of the allow-list, and not visible inside. */
	inject: z
		.strictObject({
			/** `HOST:PORT`, as in the allow-list. */
			to: z.string().min(1),
			header: z.string().min(1).default("authorization"),
			/** The header's value; `{}` stands for the secret. */
			format: z.string().min(1).default("Bearer {}"),
		})
		.optional(),
});

/** What `layers` may be. */
export const layersChoices = ["auto", "overlay", "unshare", "bwrap", "fuse-overlayfs", "copy"] as const;

/** The schema of `openRuntime`'s options. */
export const runtimeOptionsSchema = z.strictObject({
	/** Directory that candidates work on a copy of. */
	workspace: z.string().min(1),
	/** Directory of the store; `.retake` in the workspace where absent. */
	store: z.string().min(1).optional(),
	sandbox: z.enum(["bubblewrap", "docker", "none"]).default("bubblewrap"),
	/**
	 * Where steps are made that a sandbox sees: `overlay` for layers, mounted in whichever way works, `copy` for a copy of the whole tree,
	 * `auto` for the first of these that works; or one way of mounting by its name. Without a sandbox, in memory.
	 */
	layers: z.enum(layersChoices).default("auto"),
	/** Those that are absent have their default. */
	limits: limitsSchema.partial().default({}),
	/** Limits without which nothing may run. */
	mandatory: z.array(limitsSchema.keyof()).default([]),
	/** Image that commands run in: one of `images`, or with docker one that the daemon has. */
	image: z.string().min(1).optional(),
	/** `fixed`: the wall clock of commands stands still, and Node and Python draw the same random numbers each time. */
	clock: z.enum(["host", "fixed"]).default("host"),
	/** Directory of the images that `retake image` makes; `images` in the store where absent. */
	images: absolutePath.optional(),
	/** Socket of the Docker daemon. */
	dockerSocket: absolutePath.default("/var/run/docker.sock"),
	/** A Docker daemon on TCP in place of the socket's; certificates and key in PEM. */
	dockerRemote: z
		.strictObject({
			host: z.string().min(1),
			port: z.number().int().min(1).max(65_535),
			/** Of whoever signed the daemon's certificate. */
			authority: z.string().min(1),
			certificate: z.string().min(1),
			key: z.string().min(1),
		})
		.optional(),
	/** More of the host, read-only. */
	mounts: z.array(z.strictObject({ source: absolutePath, target: absolutePath })).default([]),
	/** Directories inside that go before the usual PATH. */
	pathPrefix: z.array(absolutePath).default([]),
	/** Replaced by placeholders wherever they turn up in calls, before anything is written down. */
	secrets: z.array(secretSchema).default([]),
	/** What commands may reach, through a proxy: `HOST:PORT`, `HOST:PORT=ADDRESS`, `HOST:PORT=NETWORK/BITS`. Nothing else has a route. */
	allow: z.array(z.string().min(1)).default([]),
	/** Certificates in PEM that are trusted besides Node's own where a secret is put into requests over TLS. */
	authorities: z.array(z.string().min(1)).default([]),
	/** What each event of a run survives before the run goes on: the end of the process, or a power cut too. */
	durability: z.enum(["process", "power"]).default("process"),
	/** Globs of what is no part of the workspace's snapshots. One without a slash matches a name at any depth. */
	exclude: z.array(z.string().min(1)).default([]),
	/** Globs of what is part of them although `exclude` matches it; nothing is in a directory that is left out itself. */
	include: z.array(z.string().min(1)).default([]),
	/** `node`: this process's own Node is first on the PATH inside. */
	toolchain: z.enum(["node", "none"]).default("node"),
});

/** What `openRuntime` takes. Only `workspace` is required. */
export type RuntimeOptions = z.input<typeof runtimeOptionsSchema>;

/** The same with every default filled in. */
export type CheckedRuntimeOptions = z.output<typeof runtimeOptionsSchema>;

/** The schema of `openSession`'s options. */
export const sessionOptionsSchema = runtimeOptionsSchema.extend({
	/** `worktree` for the workspace as it is, or a git ref. */
	base: z.string().min(1).default("worktree"),
	/** For people. */
	title: z.string().min(1).default("session"),
});

/** What `openSession` takes. Only `workspace` is required. */
export type SessionOptions = z.input<typeof sessionOptionsSchema>;

/** The schema of `openRecorder`'s options. */
export const recorderOptionsSchema = runtimeOptionsSchema
	.pick({ workspace: true, store: true, secrets: true, durability: true })
	.extend({
		/** For people. */
		title: z.string().min(1).default("recording"),
	});

/** What `openRecorder` takes. Only `workspace` is required: where its store is. */
export type RecorderOptions = z.input<typeof recorderOptionsSchema>;

/** Fills in the limits that the caller left open. */
export function completeLimits(limits: CheckedRuntimeOptions["limits"]): SandboxLimits {
	const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
	const logicalBytes = limits.diskBytes ?? defaultLimits.logicalBytes;
	return { ...defaultLimits, logicalBytes, ...given };
}
