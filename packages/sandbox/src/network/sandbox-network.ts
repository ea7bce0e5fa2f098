import type { Server } from "node:net";
import { rootCertificates, type SecureContext } from "node:tls";
import { assert, type Clock, type Randomness } from "@retake/base";
import type { CommandProxy } from "./command-proxy.ts";
import { type NamespaceListener, openNamespaceListener } from "./namespace-listener.ts";
import { certificateFiles, networkEnvironment } from "./network-environment.ts";
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

/** What tells the network of one sandbox from that of another. */
export interface NetworkParts {
	/** Hosts that have a stand-in, whose certificate every command trusts. */
	readonly hosts: readonly string[];
	/** Serves what connects to a command's proxy. `standIn` answers for a host of `hosts`. */
	readonly serve: (listening: Server, standIn: (host: string) => SecureContext) => CommandProxy;
	readonly clock: Clock;
	readonly randomness: Randomness;
}

/** Makes what the commands of a sandbox with a way out need, whoever serves it. */
export function openSandboxNetwork({ hosts, serve, ...ports }: NetworkParts): SandboxNetwork {
	const authority = hosts.length === 0 ? null : createThrowawayAuthority(hosts, ports);
	const standIn = (host: string): SecureContext => {
		assert(authority !== null, "only hosts that were named have a stand-in");
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
			return serve(await (await listener).listen(processId, port), standIn);
		},
		[Symbol.asyncDispose]: async () => {
			const opened = await listener?.catch(() => null);
			await opened?.[Symbol.asyncDispose]();
		},
	};
}
