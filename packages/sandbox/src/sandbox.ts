import type { LimitName, SandboxLimits } from "@retake/base";
import type { NetworkDoor } from "./network/network-door.ts";
import type { NetworkOptions, NetworkReport } from "./network/network-options.ts";

/** Names of the drivers. */
export type DriverName = "bubblewrap" | "docker";

/** A directory or file of the host that every `exec` sees, read-only. */
export interface ReadOnlyMount {
	/** Absolute path on the host. */
	readonly source: string;
	/** Absolute path inside. */
	readonly target: string;
}

/** What a sandbox is opened with. */
export interface SandboxOptions {
	readonly limits: SandboxLimits;
	/** Limits without which nothing may run: where one cannot be enforced, opening throws `LIMIT_UNENFORCEABLE`. */
	readonly mandatory: readonly LimitName[];
	/** The store's directory of snapshots; every lower layer is under it or under the layer space. */
	readonly treesDirectory: string;
	readonly mounts: readonly ReadOnlyMount[];
	/** Directories on PATH inside, in order, before `/usr/local/bin:/usr/bin:/bin`. */
	readonly pathPrefix: readonly string[];
	/** The unprivileged user that owns snapshots and layers and that candidates run as; null where this process already is that user. */
	readonly owner: { readonly uid: number; readonly gid: number } | null;
	/** Holds the wall clock of commands still; absent for the machine's own clock. */
	readonly clock?: FixedClock;
	/** Image that commands run in. Where it is null, bubblewrap takes the host's `/usr`, docker the image of its own. */
	readonly image: string | null;
	/** What commands may reach, through a proxy; nothing where absent. */
	readonly network?: NetworkOptions;
	/** A way out of the caller's own, in place of `network`. */
	readonly door?: NetworkDoor;
}

/** A clock that stands still. */
export interface FixedClock {
	/** Seconds since 1970. */
	readonly seconds: number;
	/** Directory of the host with what Node and Python load first, see `writePreloads`. */
	readonly preloads: string;
}

/** The tree that an `exec` works on, mounted read-write at `/workspace`. */
export type WorkspaceMount = WorkspaceOverlay | WorkspaceDirectory;

/** An overlay that is mounted for one command. */
export interface WorkspaceOverlay {
	readonly kind: "overlay";
	/** Read-only directories, uppermost first. */
	readonly lowers: readonly string[];
	readonly upper: string;
	readonly work: string;
}

/** A plain directory under the layer space, bound as it is. */
export interface WorkspaceDirectory {
	readonly kind: "directory";
	readonly directory: string;
}

/** One command. There is no shell unless `argv` names one. */
export interface ExecRequest {
	readonly argv: readonly string[];
	/** Added to the fixed environment. */
	readonly env: Readonly<Record<string, string>>;
	/** Directory relative to `/workspace`; empty for `/workspace` itself. */
	readonly cwd: string;
	/**
	 * Standard input, then its end. A stream is asked for its next chunk when the command has taken the one before, and is
	 * told to return when the command has ended; what it throws ends the command and is thrown.
	 */
	readonly stdin: Uint8Array | AsyncIterable<Uint8Array>;
	/**
	 * Runs the command at a terminal of its own, of this size: what it prints comes as `stdout` and standard input is what is typed.
	 * That input ends does not end the terminal's: type Control-D.
	 */
	readonly terminal?: TerminalSize;
	readonly workspace: WorkspaceMount;
	/** Replaces the sandbox's own `timeoutMs`. */
	readonly timeoutMs?: number;
	/**
	 * `none` for a network of the command's own. A loopback is shared with the other commands of this sandbox that are given it, and with
	 * nobody else. What the sandbox's allow-list says is reached from either.
	 */
	readonly network: "none" | Loopback;
	/** Kills the command; the result says `cancelled`. */
	readonly signal?: AbortSignal;
	/**
	 * Sees every chunk in the order in which it was read, after truncation. While a promise that it returns is pending, no more of that
	 * stream is read, and a command that goes on printing waits; one that has been killed is waited for no longer.
	 */
	readonly onOutput?: (stream: "stdout" | "stderr", bytes: Uint8Array) => void | Promise<void>;
	/** Called once, when the command's processes exist. */
	readonly onStart?: (controls: CommandControls) => void;
}

/** How large a terminal's window is, in characters. */
export interface TerminalSize {
	readonly columns: number;
	readonly rows: number;
}

/** What can be done to a running command. Nothing happens where it has ended. */
export interface CommandControls {
	/** Sends a signal to the command itself, not to what it started. */
	signal(name: CommandSignal): void;
	/** Changes the size of its terminal; a command without one is left alone. */
	resize(size: TerminalSize): void;
}

/** The signals by which a program is asked to do something. To kill a command, abort its request. */
export type CommandSignal = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGUSR1" | "SIGUSR2";

/** A network that is nothing but a loopback interface, for commands that talk to each other. Disposal does not end them. */
export interface Loopback extends AsyncDisposable {
	readonly kind: "loopback";
}

/** How a command ended. A candidate's failure is a result; only the infrastructure's failure is thrown. */
export interface ExecResult {
	/** Null where a signal ended it. */
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;
	/** Bytes that came after `outputBytes` and were dropped. */
	readonly droppedBytes: { readonly stdout: number; readonly stderr: number };
	readonly timedOut: boolean;
	readonly outOfMemory: boolean;
	readonly cancelled: boolean;
	/** What passed the proxy and what was refused; null where the sandbox has no network. */
	readonly network: NetworkReport | null;
	readonly usage: ExecUsage;
}

/** What a command used; null where the host cannot tell. */
export interface ExecUsage {
	readonly wallMs: number;
	readonly cpuMs: number | null;
	/** Where no control group counts, the most that was seen when the watcher looked. */
	readonly memoryPeakBytes: number | null;
}

/** How one limit is enforced here; null where it is not. */
export type Enforcement = Readonly<Record<LimitName, string | null>>;

/**
 * A sealed room. When `exec` returns, every process that it started is dead and its mounts are gone, so that what is
 * in `upper` no longer moves. Disposal removes the layer space with everything in it.
 */
export interface Sandbox extends AsyncDisposable {
	readonly driver: DriverName;
	/**
	 * Where layers are kept: reached by this process at `root`, bounded by `diskBytes` and `inodes`. Where `joinsNames`, a read-only layer must hold
	 * nothing under two names.
	 */
	readonly layerSpace: { readonly root: string; readonly layersMax: number; readonly joinsNames?: boolean };
	readonly enforcement: Enforcement;
	/** Runs one command to its end. Several may run at once. Throws `SANDBOX_FAILED` where the infrastructure failed. */
	exec(request: ExecRequest): Promise<ExecResult>;
	/** Makes a network for some of its commands. It is gone when it is disposed of, or the sandbox is, and no command is in it. */
	openLoopback(): Promise<Loopback>;
}

/** One finding about a host. */
export interface Finding {
	/** Short name of what was looked at. */
	readonly check: string;
	readonly status: "ok" | "warning" | "failed";
	/** What was found, in a sentence. */
	readonly detail: string;
	/** The command or setting that mends it. */
	readonly remedy: string | null;
}

/** What a driver can do on this host, found by trying. */
export interface DriverReport {
	readonly driver: DriverName;
	readonly usable: boolean;
	readonly enforcement: Enforcement;
	readonly findings: readonly Finding[];
	/** What could change the bytes that a command prints: kernel, versions, image, mitigations. Goes into the run's header. */
	readonly fingerprint: Readonly<Record<string, string>>;
}

/** One way of making sandboxes. */
export interface SandboxDriver {
	readonly name: DriverName;
	/** Tries the host for real: starts a sandbox and looks around in it. Never throws for what it finds. */
	probe(): Promise<DriverReport>;
	/** Returns what workspaces must be here: an overlay, or a directory where none can be mounted. Throws `SANDBOX_UNAVAILABLE`. */
	layersFor(options: Pick<SandboxOptions, "treesDirectory" | "owner">): Promise<"overlay" | "copy">;
	/** Returns what of an image could change what commands print. Throws where there is no such image. */
	fingerprint(image: string | null): Promise<Readonly<Record<string, string>>>;
	/** Opens a sandbox. Throws `SANDBOX_UNAVAILABLE` or `LIMIT_UNENFORCEABLE`, both with the remedy. */
	open(options: SandboxOptions): Promise<Sandbox>;
}
