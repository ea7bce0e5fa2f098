import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { Transport } from "@modelcontextprotocol/server";

/** Where a server is: a program to start, or a URL. */
export type ServerAddress =
	| {
			readonly kind: "program";
			readonly argv: readonly string[];
			readonly cwd: string;
			readonly environment: Readonly<Record<string, string>>;
	  }
	| { readonly kind: "url"; readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** Makes the transport to a server; nothing is started yet. */
export function transportTo(address: ServerAddress): Transport {
	if (address.kind === "url") {
		return new StreamableHTTPClientTransport(new URL(address.url), {
			requestInit: { headers: { ...address.headers } },
		});
	}
	const [command = "", ...args] = address.argv;
	return new StdioClientTransport({
		command,
		args,
		cwd: address.cwd,
		env: { ...address.environment },
		stderr: "inherit",
	});
}
