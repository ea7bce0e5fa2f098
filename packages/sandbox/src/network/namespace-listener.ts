import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Server } from "node:net";
import { fileURLToPath } from "node:url";
import { RetakeError } from "@retake/base";
import { networkLimits } from "./network-limits.ts";

/** What the process is asked: to listen on a port in the network namespace of a process. */
export interface ListenRequest {
	readonly processId: number;
	readonly port: number;
}

/** What it answers, beside the socket; of process 0 when it is ready. */
export interface ListenAnswer {
	readonly processId: number;
	readonly failure: string | null;
}

/**
 * Opens ports in the network namespaces of commands. A namespace can be entered by a process of one thread with power over it, which this one
 * is not: another does it, and hands over the listening socket. What is accepted from it is ours, and nothing of ours runs inside.
 */
export interface NamespaceListener extends AsyncDisposable {
	/** Listens in a process's network. Throws `SANDBOX_FAILED`. */
	listen(processId: number, port: number): Promise<Server>;
}

/** Starts the process; `enter` is the command line that leads to where it has power over the commands' namespaces. Throws `SANDBOX_FAILED`. */
export async function openNamespaceListener(enter: readonly string[]): Promise<NamespaceListener> {
	const file = `./namespace-listener-process${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
	const line = [...enter, process.execPath, "--no-warnings", fileURLToPath(new URL(file, import.meta.url))];
	const program = line[0] ?? process.execPath;
	const child = spawn(program, line.slice(1), { env: {}, stdio: ["ignore", "ignore", "pipe", "ipc"], detached: true });
	let complaints = "";
	child.stderr?.setEncoding("utf8").on("data", (text: string) => {
		complaints = (complaints + text).slice(-4096);
	});
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
	const failed = (why: string): RetakeError =>
		new RetakeError("SANDBOX_FAILED", `no port could be opened in the command's network: ${why} ${complaints.trim()}`, {
			remedy: "run `retake doctor`; without an allow-list none is needed",
		});
	const expect = async (processId: number): Promise<unknown> => {
		const patience = new AbortController();
		const timer = setTimeout(() => patience.abort(), networkLimits.listenMs);
		try {
			return await Promise.race([
				answerFor(child, processId, patience.signal, failed),
				ended.then(() => Promise.reject(failed("the process that opens it has ended"))),
			]);
		} catch (cause) {
			throw cause instanceof RetakeError ? cause : failed("it took too long");
		} finally {
			clearTimeout(timer);
			patience.abort();
		}
	};
	const close = async (): Promise<void> => {
		if (child.connected) child.disconnect();
		await ended;
	};
	let turn: Promise<unknown> = Promise.resolve();
	try {
		await expect(0);
	} catch (cause) {
		child.kill("SIGKILL");
		throw cause;
	}
	return {
		listen: async (processId, port) => {
			const work = turn.then(async () => {
				const request: ListenRequest = { processId, port };
				const answer = expect(processId);
				child.send(request);
				return answer;
			});
			turn = work.catch(() => undefined);
			const server = await work;
			if (server instanceof Server) return server;
			throw failed("no socket came with the answer");
		},
		[Symbol.asyncDispose]: close,
	};
}

async function answerFor(
	child: ChildProcess,
	processId: number,
	signal: AbortSignal,
	failed: (why: string) => RetakeError,
): Promise<unknown> {
	for (;;) {
		const [answer, socket]: [ListenAnswer, unknown] = (await once(child, "message", { signal })) as [
			ListenAnswer,
			unknown,
		];
		if (answer.processId !== processId) continue;
		if (answer.failure !== null) throw failed(answer.failure);
		return socket;
	}
}
