import { cpSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SandboxLimits } from "@retake/base";
import type {
	ExecRequest,
	ExecResult,
	NetworkOptions,
	Sandbox,
	SandboxOptions,
	WorkspaceMount,
	WorkspaceOverlay,
} from "@retake/sandbox";
import type { OpenSandboxHarness, SandboxHarness } from "./sandbox-harness.ts";

/** What a case may change about a command; the rest is an empty environment, no input and no network. */
export type CommandOptions = Partial<Omit<ExecRequest, "argv" | "workspace">> & {
	readonly workspace?: WorkspaceMount;
};

/** A sandbox opened for one case, with a way to make trees and to run commands in it. */
export interface SandboxRoom extends AsyncDisposable {
	readonly harness: SandboxHarness;
	readonly sandbox: Sandbox;
	/** Makes a frozen directory with files under the trees directory. A name that ends in `/` is a directory. */
	lower(files: Readonly<Record<string, string>>): string;
	/** Makes a fresh writable layer over the given directories, uppermost first. */
	workspace(...lowers: readonly string[]): WorkspaceOverlay;
	/** Runs a command on a fresh layer over an empty tree, or on the workspace given. */
	run(argv: readonly string[], options?: CommandOptions): Promise<ExecResult>;
	/** Runs a script with `sh -c`. */
	shell(script: string, options?: CommandOptions): Promise<ExecResult>;
}

/** Opens a sandbox for one case with some limits replaced, and with an allow-list where one is given. */
export async function openRoom(
	openHarness: OpenSandboxHarness,
	limits: Partial<SandboxLimits> = {},
	network?: NetworkOptions,
): Promise<SandboxRoom> {
	await using stack = new AsyncDisposableStack();
	const harness = stack.use(await openHarness());
	const options = {
		...harness.options,
		limits: { ...harness.options.limits, ...limits },
		...(network === undefined ? {} : { network }),
	};
	const sandbox = stack.use(await harness.driver.open(options));
	let layers = 0;

	const own = (path: string): string => {
		if (options.owner !== null) lchownSync(path, options.owner.uid, options.owner.gid);
		return path;
	};
	const lower = (files: Readonly<Record<string, string>>): string => makeTree(options, own, files);
	const workspace = (...lowers: readonly string[]): WorkspaceOverlay => {
		const layer = own(mkdirOnce(join(sandbox.layerSpace.root, String(layers++))));
		const upper = own(mkdirOnce(join(layer, "upper")));
		if (harness.layers === "copy") {
			for (const each of lowers.toReversed()) cpSync(each, upper, { recursive: true });
			for (const name of readdirSync(upper, { recursive: true, encoding: "utf8" })) own(join(upper, name));
		}
		const under = lowers.length === 0 ? [lower({})] : lowers;
		return { kind: "overlay", lowers: under, upper, work: own(mkdirOnce(join(layer, "work"))) };
	};
	/** Where there are no overlays, what would be the upper layer holds everything. */
	const mountable = (asked: WorkspaceMount): WorkspaceMount =>
		harness.layers === "copy" && asked.kind === "overlay" ? { kind: "directory", directory: asked.upper } : asked;
	const run = (argv: readonly string[], command: CommandOptions = {}): Promise<ExecResult> =>
		sandbox.exec({
			argv,
			env: {},
			cwd: "",
			stdin: new Uint8Array(),
			network: "none",
			...command,
			workspace: mountable(command.workspace ?? workspace()),
		});
	const shell = (script: string, command?: CommandOptions): Promise<ExecResult> => run(["sh", "-c", script], command);
	const resources = stack.move();
	return { harness, sandbox, lower, workspace, run, shell, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Decodes what a command printed. */
export function text(bytes: Uint8Array): string {
	return new TextDecoder().decode(bytes);
}

function mkdirOnce(path: string): string {
	mkdirSync(path, { mode: 0o755 });
	return path;
}

function makeTree(
	options: SandboxOptions,
	own: (path: string) => string,
	files: Readonly<Record<string, string>>,
): string {
	const root = mkdtempSync(join(options.treesDirectory, "lower-"));
	own(root);
	for (const [name, content] of Object.entries(files)) {
		const path = join(root, name);
		const parents = name.endsWith("/") ? path : dirname(path);
		for (let made = mkdirSync(parents, { recursive: true }); made !== undefined && made.length <= parents.length; ) {
			own(made);
			const rest = parents.slice(made.length + 1).split("/")[0];
			if (rest === undefined || rest === "") break;
			made = join(made, rest);
		}
		if (name.endsWith("/")) continue;
		writeFileSync(path, content);
		own(path);
	}
	return root;
}
