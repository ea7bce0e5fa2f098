import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** A peer's file system for agents: what it writes stays off the workspace. Paths are absolute, below its own root. */
export interface MemoryPeer extends AsyncDisposable {
	readonly name: string;
	mkdir(path: string): Promise<void>;
	write(path: string, bytes: Uint8Array): Promise<void>;
	read(path: string): Promise<Uint8Array>;
}

interface JustBashModule {
	readonly OverlayFs: new (options: {
		readonly root: string;
		readonly mountPoint: string;
	}) => {
		mkdir(path: string): Promise<void>;
		writeFile(path: string, content: Uint8Array): Promise<void>;
		readFileBuffer(path: string): Promise<Uint8Array>;
	};
}

interface AgentFsModule {
	readonly AgentFS: {
		open(options: { readonly path: string }): Promise<{
			readonly fs: {
				mkdir(path: string): Promise<void>;
				writeFile(path: string, content: Buffer): Promise<void>;
				readFile(path: string): Promise<Buffer>;
			};
			close(): Promise<void>;
		}>;
	};
}

async function load<Module>(
	peers: string,
	name: string,
): Promise<{ readonly module: Module; readonly version: string }> {
	const home = join(peers, "node_modules", name);
	const { version, main } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
	return { module: (await import(pathToFileURL(join(home, main)).href)) as Module, version };
}

/** Makes just-bash's overlay over a directory: reads come from it, writes stay in memory. */
export async function openJustBash(peers: string, directory: string): Promise<MemoryPeer> {
	const { module, version } = await load<JustBashModule>(peers, "just-bash");
	const overlay = new module.OverlayFs({ root: directory, mountPoint: "/" });
	return {
		name: `just-bash ${version}: OverlayFs`,
		mkdir: (path) => overlay.mkdir(path),
		write: (path, bytes) => overlay.writeFile(path, bytes),
		read: (path) => overlay.readFileBuffer(path),
		[Symbol.asyncDispose]: async () => {},
	};
}

/** Opens agentfs-sdk's file system in memory. */
export async function openAgentFileSystem(peers: string): Promise<MemoryPeer> {
	const { module, version } = await load<AgentFsModule>(peers, "agentfs-sdk");
	const agent = await module.AgentFS.open({ path: ":memory:" });
	return {
		name: `agentfs-sdk ${version}: in memory`,
		mkdir: (path) => agent.fs.mkdir(path),
		write: (path, bytes) => agent.fs.writeFile(path, Buffer.from(bytes)),
		read: (path) => agent.fs.readFile(path),
		[Symbol.asyncDispose]: () => agent.close(),
	};
}
