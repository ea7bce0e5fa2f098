import { McpServer } from "@modelcontextprotocol/server";
import type { Runtime } from "@retake/runtime";
import type { OpenSessions } from "./open-sessions.ts";
import { registerTool } from "./sandbox-tool.ts";
import { beginTool } from "./tools/begin.ts";
import { changesTool } from "./tools/changes.ts";
import { commitTool } from "./tools/commit.ts";
import { evaluateTool } from "./tools/evaluate.ts";
import { execTool } from "./tools/exec.ts";
import { outputTool, resizeTool, startTool, stopTool, writeInputTool } from "./tools/process.ts";
import { rollbackTool } from "./tools/rollback.ts";
import { forkTool, rollBackToTool, savepointTool } from "./tools/savepoint.ts";
import { standardTool } from "./tools/standard-tool.ts";

/** Whether the user is asked before a commit: `where-possible` asks where the client can, `always` refuses where it cannot. */
export type ConfirmCommits = "always" | "where-possible" | "never";

/** Makes a server for one connection or one request. */
export type McpServerFactory = () => McpServer;

/** What a server offers. */
export interface McpServerOptions {
	readonly runtime: Runtime;
	/** Shared by all servers that the factory makes: the current protocol makes one a request. */
	readonly sessions: OpenSessions;
	readonly version: string;
	readonly confirmCommits: ConfirmCommits;
}

const instructions = `Retake runs untrusted changes in a sealed sandbox on a copy of the workspace.
Begin a session, work in it with exec and the file tools, look at changes, then commit or rollback. Nothing reaches the workspace before commit.
To try several ways, take a savepoint and fork, or hand patches to evaluate with the checks that must pass.`;

/** Returns what makes a server for each connection or request, over the same sessions. */
export function createServerFactory(options: McpServerOptions): McpServerFactory {
	return () => {
		const server = new McpServer(
			{ name: "retake", title: "Retake", version: options.version },
			{ capabilities: { tools: {} }, instructions },
		);
		registerTool(server, options, beginTool);
		registerTool(server, options, execTool);
		for (const name of plainTools) registerTool(server, options, standardTool(name));
		registerTool(server, options, startTool);
		registerTool(server, options, outputTool);
		registerTool(server, options, writeInputTool);
		registerTool(server, options, resizeTool);
		registerTool(server, options, stopTool);
		registerTool(server, options, savepointTool);
		registerTool(server, options, rollBackToTool);
		registerTool(server, options, forkTool);
		registerTool(server, options, changesTool);
		registerTool(server, options, evaluateTool);
		registerTool(server, options, commitTool);
		registerTool(server, options, rollbackTool);
		return server;
	};
}

const plainTools = [
	"read_file",
	"write_file",
	"edit_file",
	"list_files",
	"search_files",
	"apply_patch",
	"delete_file",
	"move_file",
] as const;
