import { rootCertificates, type SecureContext } from "node:tls";
import { assert, type Clock, type Randomness } from "@retake/base";
import { type CommandProxy, serveCommand } from "./command-proxy.ts";
import { type NamespaceListener, openNamespaceListener } from "./namespace-listener.ts";
import { certificateFiles, networkEnvironment } from "./network-environment.ts";
import type { NetworkOptions } from "./network-options.ts";
import { readNetworkRules } from "./network-rules.ts";
import { createThrowawayAuthority } from "./throwaway-authority.ts";

/** The network of one sandbox: what its commands may reach, and how they find the way. */
export interface SandboxNetwork extends AsyncDisposable {
	/** Returns what is added to the environment of a command whose proxy is on a port. */
	environment(port: number): Readonly<Record<string, string>>;
	/** Read-only files that every command sees, content by absolute path. */
	readonly files: Readonly<Record<string, string>>;
	/** Starts what `serve` needs; before the first command's deadline begins. `enter` is as for `openNamespaceListener`. Throws `SANDBOX_FAILED`. */
	prepare(enter: readonly string[]): Promise<void>;
	/** Opens the way out for the command whose network namespace a process is in, before its first instruction. Throws `SANDBOX_FAILED`. */
	serve(processId: number, port: number): Promise<CommandProxy>;
}

/** Reads a sandbox's allow-list and makes what its commands need. Throws `USAGE` for options that cannot be used. */
export function openSandboxNetwork(
	options: NetworkOptions,
	ports: { readonly clock: Clock; readonly randomness: Randomness },
): SandboxNetwork {
	const rules = readNetworkRules(options);
	const authority = rules.secretHosts.length === 0 ? null : createThrowawayAuthority(rules.secretHosts, ports);
	const standIn = (host: string): SecureContext => {
		assert(authority !== null, "only hosts that secrets go to have a stand-in");
		return authority.standIn(host);
	};
	let listener: Promise<NamespaceListener> | null = null;
	return {
		environment: (port) => networkEnvironment(port, authority !== null),
		files:
			authority === null
				? {}
				: {
						[certificateFiles.own]: authority.certificate,
						[certificateFiles.all]: [...rootCertificates, authority.certificate].join("\n"),
					},
		prepare: async (enter) => {
			listener ??= openNamespaceListener(enter);
			await listener;
		},
		serve: async (processId, port) => {
			assert(listener !== null, "a network is prepared before it serves");
			return serveCommand(await (await listener).listen(processId, port), { rules, standIn });
		},
		[Symbol.asyncDispose]: async () => {
			const opened = await listener?.catch(() => null);
			await opened?.[Symbol.asyncDispose]();
		},
	};
}
