import { RetakeError } from "@retake/base";
import type { ServerAddress } from "@retake/mcp";
import { Command } from "commander";
import { z } from "zod";
import type { Edges } from "../edges/edges.ts";
import { exitCodes } from "../exit-code.ts";
import { collect } from "../flags/collect.ts";
import { nextCommand } from "../flags/next-command.ts";
import { addRedactFlag, type SecretFlags } from "../flags/redact-flag.ts";
import { addStateFlags, type StateFlags } from "../flags/workspace-flags.ts";
import { reportTo, standardStreams } from "../mcp/standard-streams.ts";
import { openRecords } from "../open-workspace.ts";
import { commandLine } from "../trace/describe-call.ts";
import type { Verb } from "../verb.ts";

interface RecordFlags extends StateFlags, SecretFlags {
	readonly url?: string;
	readonly header: readonly string[];
}

/** Longer than a client leaves a program that will not go before it kills it. */
const farewellTimeoutMs = 8_000;

const examples = `
Examples:
  claude mcp add files -- retake record -- npx -y @modelcontextprotocol/server-filesystem .
  retake record --url https://example.org/mcp --header 'authorization: Bearer TOKEN'
  retake replay RUN --as-mcp

Exit codes: 0 the conversation has ended, 2 usage, 3 infrastructure.`;

/** Makes `retake record`: stands between an MCP client and its server, and puts the conversation on record. */
export const recordVerb: Verb = (host) => {
	const command = new Command("record")
		.summary("stand between an MCP client and a server, and record")
		.description(
			"Speaks with an MCP client on standard input and output, and passes everything on to a server: a program that it starts, or a URL. " +
				"The conversation is put on record; retake replay RUN --as-mcp serves it again without the server.",
		)
		.usage("[options] -- <command...>")
		.argument("[command...]", "the server's command and its arguments, after --")
		.option("--url <url>", "a server that is reached over Streamable HTTP")
		.option("--header <header>", "NAME: VALUE, sent to the URL with every request; may be repeated", collect, []);
	addStateFlags(addRedactFlag(command)).addHelpText("after", examples);
	return command.action((argv: readonly string[], flags: RecordFlags) =>
		host.run({}, z.null(), async ({ edges }) => {
			const address = addressOf(argv, flags, edges);
			const { converse, ServerLink, streamTransport, transportTo } = await import("@retake/mcp");
			const report = reportTo(edges);
			await using runtime = await openRecords(edges, flags);
			const title = flags.url ?? commandLine(argv);
			await using session = await runtime.startSession({ base: runtime.emptyBase, kind: "mcp", title, program: null });
			const client = streamTransport(standardStreams(edges));
			const server = new ServerLink(async () => transportTo(address), report);
			const verdict = await converse({ session, client, server, farewellTimeoutMs, report, signal: edges.interrupted });
			// Many clients end their servers by a signal: that ends the conversation, and no more.
			await session.keep(verdict);
			const notes = [`retake: recorded as run ${session.runId}`, `  ${nextCommand(flags, "show", session.runId)}`];
			return { exitCode: exitCodes.done, document: null, lines: [], notes };
		}),
	);
};

function addressOf(argv: readonly string[], { url, header }: RecordFlags, edges: Edges): ServerAddress {
	if ((url === undefined) === (argv.length === 0)) {
		throw new RetakeError("USAGE", "name a server: its command after --, or --url", {
			sort: "misuse",
			remedy: "write retake record -- npx -y SERVER, or retake record --url URL",
		});
	}
	if (url === undefined) {
		return { kind: "program", argv, cwd: edges.workingDirectory, environment: edges.environment };
	}
	if (!URL.canParse(url) || !/^https?:/.test(url)) {
		throw new RetakeError("USAGE", `--url ${JSON.stringify(url)} is no http or https URL`, { sort: "misuse" });
	}
	return { kind: "url", url, headers: Object.fromEntries(header.map(headerOf)) };
}

function headerOf(text: string): [name: string, value: string] {
	const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text) ?? [];
	if (name !== undefined && value !== undefined) return [name, value];
	throw new RetakeError("USAGE", `--header ${JSON.stringify(text)} is not NAME: VALUE`, { sort: "misuse" });
}
