import { once } from "node:events";
import { RetakeError } from "@retake/base";
import type { ConfirmCommits, McpServerFactory } from "@retake/mcp";
import { Command, Option } from "commander";
import { z } from "zod";
import type { Edges } from "../edges/edges.ts";
import { exitCodes } from "../exit-code.ts";
import { collect } from "../flags/collect.ts";
import { positiveNumber } from "../flags/positive-number.ts";
import { addSandboxFlags, type SandboxFlags } from "../flags/sandbox-flags.ts";
import { addStateFlags, type StateFlags } from "../flags/workspace-flags.ts";
import { reportTo, standardStreams } from "../mcp/standard-streams.ts";
import { openWorkspace } from "../open-workspace.ts";
import type { Verb } from "../verb.ts";
import { version } from "../version.ts";

interface McpFlags extends StateFlags, SandboxFlags {
	readonly http?: string;
	readonly allowHost: readonly string[];
	readonly confirm: ConfirmCommits;
	/** Minutes. */
	readonly idle: number;
}

const tokenBytes = 32;
const minuteMs = 60_000;

const examples = `
Examples:
  claude mcp add retake -- retake mcp --workspace .
  codex mcp add retake -- retake mcp --workspace .
  retake mcp --http 127.0.0.1:7420

Over HTTP each request needs "Authorization: Bearer TOKEN". The token is taken from RETAKE_MCP_TOKEN;
where that is unset one is made and printed.

Exit codes: 0 the client has gone, 2 usage, 3 infrastructure, 130 interrupted.`;

/** Makes `retake mcp`: serves transactional sandboxes to any MCP client. */
export const mcpVerb: Verb = (host) => {
	const command = new Command("mcp")
		.summary("serve transactional sandboxes to an MCP client")
		.description(
			"Serves the Model Context Protocol on standard input and output, or over HTTP: sessions on a copy of the workspace, in a sandbox, on record.",
		)
		.option("--http <address>", "listen on HOST:PORT instead; port 0 takes any that is free")
		.option("--allow-host <name>", "a name by which clients reach the server; may be repeated", collect, [])
		.addOption(
			new Option("--confirm <when>", "ask the user before a commit")
				.choices(["always", "where-possible", "never"])
				.default("where-possible"),
		)
		.option("--idle <minutes>", "roll a session back that is not used for so long", positiveNumber, 60);
	addStateFlags(addSandboxFlags(command)).addHelpText("after", examples);
	return command.action((flags: McpFlags) =>
		host.run({}, z.null(), async ({ edges }) => {
			// Other verbs begin faster without the protocol.
			const { createServerFactory, OpenSessions } = await import("@retake/mcp");
			await using runtime = await openWorkspace(edges, flags);
			await using sessions = new OpenSessions(runtime, Math.round(flags.idle * minuteMs));
			const factory = createServerFactory({ runtime, sessions, version, confirmCommits: flags.confirm });
			await (flags.http === undefined ? overStreams(edges, factory) : overHttp(edges, flags, flags.http, factory));
			edges.interrupted.throwIfAborted();
			return { exitCode: exitCodes.done, document: null, lines: [] };
		}),
	);
};

async function overStreams(edges: Edges, factory: McpServerFactory): Promise<void> {
	const { serveStreams } = await import("@retake/mcp");
	const service = serveStreams(factory, standardStreams(edges), reportTo(edges));
	await Promise.race([service.closed, interruption(edges)]);
	await service.close();
}

async function overHttp(edges: Edges, flags: McpFlags, address: string, factory: McpServerFactory): Promise<void> {
	const { serveHttp } = await import("@retake/mcp");
	const token = edges.mcpToken ?? Buffer.from(edges.randomness.bytes(tokenBytes)).toString("base64url");
	await using service = await serveHttp(factory, {
		...listenAddress(address),
		token,
		allowedHosts: flags.allowHost,
		onError: reportTo(edges),
	});
	const shown = edges.mcpToken === null ? `, token ${token}` : ", token from RETAKE_MCP_TOKEN";
	edges.stderr.stream.write(`retake: listening on ${service.url}${shown}\n`);
	await interruption(edges);
}

/** Reads `HOST:PORT`, `[HOST]:PORT` or `PORT`, which is on this machine alone. Throws `USAGE`. */
function listenAddress(text: string): { readonly host: string; readonly port: number } {
	const parts = /^(?:\[(?<six>[^\]]+)\]:|(?<host>[^:]+):)?(?<port>\d{1,5})$/.exec(text)?.groups;
	const port = Number(parts?.["port"]);
	if (parts !== undefined && port <= 65_535) return { host: parts["six"] ?? parts["host"] ?? "127.0.0.1", port };
	throw new RetakeError("USAGE", `--http ${JSON.stringify(text)} is no address to listen on`, {
		sort: "misuse",
		remedy: "write --http 127.0.0.1:7420",
	});
}

async function interruption({ interrupted }: Edges): Promise<void> {
	if (!interrupted.aborted) await once(interrupted, "abort");
}
