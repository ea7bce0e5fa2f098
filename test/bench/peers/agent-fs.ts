import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** AgentFS's recorder of tool calls. */
export interface AgentFsRecorder extends AsyncDisposable {
	readonly version: string;
	/** Records a call as pending, then as successful. */
	record(input: unknown, result: unknown): Promise<void>;
}

/** The part of `agentfs-sdk` that is used here. */
interface AgentFsModule {
	readonly AgentFS: {
		open(options: { readonly path: string }): Promise<{
			readonly tools: {
				start(name: string, input: unknown): Promise<number>;
				success(id: number, result: unknown): Promise<void>;
			};
			close(): Promise<void>;
		}>;
	};
}

/** Opens AgentFS on a new file; null where the directory of peers does not have it. */
export async function openAgentFs(peers: string | null, file: string): Promise<AgentFsRecorder | null> {
	if (peers === null) return null;
	const home = join(peers, "node_modules/agentfs-sdk");
	const { version, main } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
	const { AgentFS } = (await import(pathToFileURL(join(home, main)).href)) as AgentFsModule;
	const agent = await AgentFS.open({ path: file });
	return {
		version,
		record: async (input, result) => agent.tools.success(await agent.tools.start("bench", input), result),
		[Symbol.asyncDispose]: () => agent.close(),
	};
}
