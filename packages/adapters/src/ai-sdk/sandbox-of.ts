import { posix } from "node:path";
import { isRetakeError, RetakeError } from "@retake/base";
import type { AgentSession } from "@retake/runtime";
import type { Experimental_SandboxProcess as SandboxProcess, Experimental_SandboxSession as SandboxSession } from "ai";
import { runningProcess } from "./running-process.ts";

type SpawnOptions = Parameters<SandboxSession["run"]>[0] & { readonly stdin?: boolean };

/** Where commands find the workspace. */
const root = "/workspace";

/**
 * Returns a session as the AI SDK's experimental sandbox, for tools that work in one (`experimental_sandbox` of `generateText` and
 * `streamText`). Paths are relative to the workspace, or below `/workspace`; there is no other tree.
 */
export function sandboxOf(session: AgentSession): SandboxSession {
	const read = async (path: string, signal: AbortSignal | undefined): Promise<Uint8Array | null> => {
		const pieces: Buffer[] = [];
		for (let offset = 0; ; ) {
			const input = { path: inWorkspace(path), offset };
			const part = await orNull(session.call("read_file", input, options(signal)));
			if (part === null) return null;
			const bytes = Buffer.from(part.content, part.encoding === "base64" ? "base64" : "utf8");
			pieces.push(bytes);
			offset += bytes.byteLength;
			if (offset >= part.size || bytes.byteLength === 0) return Buffer.concat(pieces);
		}
	};
	const write = async (path: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> => {
		const content = Buffer.from(bytes).toString("base64");
		await session.call("write_file", { path: inWorkspace(path), content, encoding: "base64" }, options(signal));
	};
	const start = ({ workingDirectory = root, ...rest }: Parameters<SandboxSession["run"]>[0]) =>
		runningProcess(session, { ...rest, workingDirectory: inWorkspace(workingDirectory) });
	const stat = async (
		path: string,
		signal: AbortSignal | undefined,
	): Promise<Awaited<ReturnType<SandboxSession["stat"]>>> => {
		const name = inWorkspace(path);
		if (name === "") return { type: "directory", size: 0 };
		try {
			const { size } = await session.call("read_file", { path: name, limit: 1 }, options(signal));
			return { type: "file", size };
		} catch (error) {
			if (isRetakeError(error, "FILE_NOT_FOUND")) return null;
			const { kind } = (isRetakeError(error, "TOOL_FAILED") ? error.data : {}) as { readonly kind?: string };
			if (kind !== undefined) return { type: kind === "directory" ? kind : "other", size: 0 };
			throw error;
		}
	};
	async function spawn(given: SpawnOptions & { stdin: true }): Promise<never>;
	async function spawn(given: SpawnOptions): Promise<SandboxProcess>;
	async function spawn({ stdin, ...given }: SpawnOptions): Promise<SandboxProcess> {
		if (stdin !== true) return start(given);
		throw new RetakeError("USAGE", "a command's standard input cannot be written while it runs", {
			sort: "misuse",
			remedy: "write the input into a file first",
		});
	}
	return {
		description: `A sealed Linux sandbox without a network. The working directory is ${root}; what is written there stays in the session.`,
		readFile: async ({ path, abortSignal }) => {
			const bytes = await read(path, abortSignal);
			return bytes === null ? null : new Blob([new Uint8Array(bytes)]).stream();
		},
		readBinaryFile: ({ path, abortSignal }) => read(path, abortSignal),
		readTextFile: async ({ path, encoding = "utf-8", startLine, endLine, abortSignal }) => {
			const bytes = await read(path, abortSignal);
			if (bytes === null) return null;
			const text = new TextDecoder(encoding).decode(bytes);
			if (startLine === undefined && endLine === undefined) return text;
			return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).slice((startLine ?? 1) - 1, endLine).join("");
		},
		writeFile: async ({ path, content, abortSignal }) => {
			await write(path, new Uint8Array(await new Response(content).arrayBuffer()), abortSignal);
		},
		writeBinaryFile: ({ path, content, abortSignal }) => write(path, content, abortSignal),
		writeTextFile: ({ path, content, abortSignal }) => write(path, Buffer.from(content, "utf8"), abortSignal),
		stat: ({ path, abortSignal }) => stat(path, abortSignal),
		listDirectory: async ({ path, abortSignal }) => {
			const kind = (await stat(path, abortSignal))?.type ?? null;
			if (kind === null) return null;
			if (kind !== "directory") throw notA("directory", path);
			const { entries } = await session.call(
				"list_files",
				{ path: inWorkspace(path), limit: 100_000 },
				options(abortSignal),
			);
			return entries.map(({ path: entry, kind }) => ({ name: posix.basename(entry), type: kind }));
		},
		deleteFile: async ({ path, abortSignal }) => {
			if ((await stat(path, abortSignal))?.type === "directory") throw notA("file", path);
			return (await orNull(session.call("delete_file", { path: inWorkspace(path) }, options(abortSignal)))) !== null;
		},
		spawn,
		run: async (given) => {
			const running = start(given);
			const [stdout, stderr, { exitCode }] = await Promise.all([
				new Response(running.stdout).text(),
				new Response(running.stderr).text(),
				running.wait(),
			]);
			return { exitCode, stdout, stderr };
		},
	};
}

function notA(kind: "file" | "directory", path: string): RetakeError {
	return new RetakeError("TOOL_FAILED", `${path} is no ${kind}`, { sort: "misuse" });
}

function options(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
	return signal === undefined ? {} : { signal };
}

async function orNull<Value>(call: Promise<Value>): Promise<Value | null> {
	try {
		return await call;
	} catch (error) {
		if (isRetakeError(error, "FILE_NOT_FOUND")) return null;
		throw error;
	}
}

/** A path as the session's tools take it. Throws `PATH_REFUSED` for one outside of the workspace. */
function inWorkspace(path: string): string {
	const relative = posix.relative(root, posix.resolve(root, path));
	if (relative !== ".." && !relative.startsWith("../")) return relative;
	throw new RetakeError("PATH_REFUSED", `${path} is outside of ${root}`, { remedy: "name a path below the workspace" });
}
