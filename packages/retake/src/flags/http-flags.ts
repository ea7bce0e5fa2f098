import { RetakeError } from "@retake/base";
import type { FollowedExchanges, HttpDoor, Upstream, WithHttpOptions } from "@retake/http";
import type { AgentSession, CommandProgram, RuntimeOptions } from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import { type Command, Option } from "commander";
import type { Edges } from "../edges/edges.ts";
import { collect } from "./collect.ts";
import type { SandboxFlags } from "./sandbox-flags.ts";

/** The options of a verb that records a command's HTTP. */
export interface HttpFlags {
	readonly recordHttp?: boolean;
	readonly upstream: readonly string[];
	readonly httpHost: readonly string[];
	readonly httpKey: readonly string[];
}

/** Adds them. */
export function addHttpFlags(command: Command): Command {
	return command
		.option("--record-http", "give the command a proxy to the model APIs, and put every exchange on record")
		.option("--upstream <name=url>", "a server under the proxy's path /name; may be repeated", collect, [])
		.option("--http-host <host>", "a server that it may reach by its own name; may be repeated", collect, [])
		.addOption(httpKeyOption("where an upstream's key is found; may be repeated"));
}

/** Makes the option that says where keys are found. */
export function httpKeyOption(description: string): Option {
	return new Option("--http-key <name=variable>", description).argParser(collect).default([]);
}

/** A command's HTTP, to be recorded. */
export interface HttpRecording {
	readonly door: HttpDoor;
	/** What the command's run remembers of it. */
	readonly program: Required<Pick<CommandProgram, "env" | "http">>;
	/** The keys: never on record. */
	readonly secrets: NonNullable<RuntimeOptions["secrets"]>;
	/** Runs the command with its proxy, which answers from a record as far as it is followed, and returns also what the proxy refused. */
	around<Value>(
		session: AgentSession,
		work: () => Promise<Value>,
		followed?: FollowedExchanges,
	): Promise<{ readonly value: Value; readonly refusals: readonly string[] }>;
}

/** Reads the options; null where HTTP is not to be recorded. Throws `USAGE`. */
export async function httpRecording(flags: HttpFlags & SandboxFlags, edges: Edges): Promise<HttpRecording | null> {
	const { upstream, httpHost: hosts, httpKey } = flags;
	if (flags.recordHttp !== true) {
		if (upstream.length + hosts.length + httpKey.length === 0) return null;
		throw new RetakeError("USAGE", "--upstream, --http-host and --http-key go with --record-http", { sort: "misuse" });
	}
	if ((flags.allow ?? []).length + (flags.secret ?? []).length > 0) {
		throw new RetakeError("USAGE", "a command whose HTTP is recorded reaches its proxy and nothing else", {
			sort: "misuse",
			remedy: "name hosts with --http-host and keys with --http-key, in place of --allow and --secret",
		});
	}
	const { defaultUpstreams } = await import("@retake/http");
	const bases = { ...defaultUpstreams, ...Object.fromEntries(upstream.map((text) => pair("--upstream", text))) };
	return httpRecordingOf(bases, hosts, httpKey, edges);
}

/** Makes what records the HTTP of a run's continuation, where the run's was recorded; null for a run without. Throws `USAGE`. */
export async function httpRecordingAgain(
	run: RunRecord,
	httpKey: readonly string[],
	edges: Edges,
): Promise<HttpRecording | null> {
	const { recordedHttp } = await import("@retake/http");
	const http = recordedHttp(run);
	if (http === null) return null;
	const bases = Object.fromEntries(http.upstreams.map(({ name, base }) => [name, base]));
	return httpRecordingOf(bases, http.hosts, httpKey, edges);
}

/** Makes what records HTTP with servers, named by their base URLs, and hosts. Throws `USAGE`. */
async function httpRecordingOf(
	bases: Readonly<Record<string, string>>,
	hosts: readonly string[],
	httpKey: readonly string[],
	edges: Edges,
): Promise<HttpRecording> {
	const { checkHost, checkUpstream, commandEnvironment, credentialFor, HttpDoor, withHttp } = await import(
		"@retake/http"
	);
	const variables = Object.fromEntries(httpKey.map((text) => pair("--http-key", text)));
	const named = Object.entries(variables).find(([name, variable]) => !(name in bases) || !edges.environment[variable]);
	if (named !== undefined) {
		throw new RetakeError(
			"USAGE",
			`--http-key ${named.join("=")}: ${named[0] in bases ? "the variable is not set" : "no upstream has that name"}`,
			{
				sort: "misuse",
			},
		);
	}
	const keys = Object.keys(bases).flatMap((name) => {
		const value = edges.environment[variables[name] ?? `${name.toUpperCase().replaceAll("-", "_")}_API_KEY`];
		return value === undefined || value === "" ? [] : [{ name, value }];
	});
	const upstreams = Object.entries(bases).map(([name, base]): Upstream => {
		const key = keys.find((one) => one.name === name);
		return { name, base, credential: key === undefined ? null : credentialFor(name, key.value) };
	});
	for (const each of upstreams) checkUpstream(each);
	for (const host of hosts) checkHost(host);
	const door = new HttpDoor({ upstreams, hosts });
	return {
		door,
		program: {
			env: commandEnvironment(upstreams),
			http: { upstreams: upstreams.map(({ name, base }) => ({ name, base })), hosts },
		},
		secrets: keys,
		around: (session, work, followed) => {
			const open: WithHttpOptions["open"] = (exchanges) => door.open(exchanges);
			const options = { plainBodies: keys.length > 0, open, ...(followed === undefined ? {} : { followed }) };
			return withHttp(session, options, async (proxy) => ({ value: await work(), refusals: proxy.refusals }));
		},
	};
}

function pair(option: string, text: string): [name: string, value: string] {
	const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
	if (name !== undefined && value !== undefined) return [name, value];
	throw new RetakeError("USAGE", `${option} ${JSON.stringify(text)} has no =`, { sort: "misuse" });
}
