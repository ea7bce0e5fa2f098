import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { RetakeError } from "@retake/base";
import type { ExecRequest, Loopback, SandboxOptions } from "../sandbox.ts";
import type { BubblewrapTools } from "./tools.ts";

/** The loopbacks of one sandbox. */
export interface Loopbacks {
	/** Throws `SANDBOX_FAILED` where the kernel gives no network namespace. */
	open(): Promise<Loopback>;
	/** Returns the host's id of the process whose network a request asks for; null for none. Throws `USAGE` for another sandbox's. */
	processOf(request: Pick<ExecRequest, "network">): number | null;
	/** Ends all that are open. */
	close(): Promise<void>;
}

/** What loopbacks are made with. */
export interface LoopbackParts {
	readonly tools: Pick<BubblewrapTools, "nsenter" | "bwrap" | "sh">;
	readonly owner: SandboxOptions["owner"];
	readonly holder: number;
}

/**
 * Makes network namespaces with nothing but a loopback interface, each kept by a process of ours that ends with its standard
 * input, so also with this process. They belong to the holder's user namespace: no command has a right over them.
 */
export function createLoopbacks(parts: LoopbackParts): Loopbacks {
	const keepers = new Map<Loopback, Keeper>();
	return {
		open: async () => {
			const keeper = await startKeeper(parts);
			const loopback: Loopback = {
				kind: "loopback",
				[Symbol.asyncDispose]: async () => {
					keepers.delete(loopback);
					await keeper.end();
				},
			};
			keepers.set(loopback, keeper);
			return loopback;
		},
		processOf: ({ network }) => {
			if (typeof network === "string") return null;
			const keeper = keepers.get(network);
			if (keeper !== undefined) return keeper.processId;
			throw new RetakeError("USAGE", "the loopback is closed, or another sandbox's", {
				sort: "misuse",
				remedy: "open one with this sandbox's openLoopback",
			});
		},
		close: async () => {
			for (const loopback of [...keepers.keys()]) await loopback[Symbol.asyncDispose]();
		},
	};
}

interface Keeper {
	readonly processId: number;
	end(): Promise<void>;
}

async function startKeeper({ tools, owner, holder }: LoopbackParts): Promise<Keeper> {
	const user = owner === null ? ["-U", "--preserve-credentials"] : [];
	// Of all small programs bwrap is the one that also brings the interface up.
	const keep = [tools.bwrap, "--unshare-net", "--die-with-parent", "--dev-bind", "/", "/", "--", tools.sh, "-c"];
	const program = "echo $$; while read -r line; do :; done";
	const words = ["-t", String(holder), ...user, "-m", "--", ...keep, program];
	const child = spawn(tools.nsenter, words, { env: {}, detached: true, stdio: ["pipe", "pipe", "pipe"] });
	let complaints = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		complaints = (complaints + text).slice(0, 4096);
	});
	child.stdin.on("error", () => undefined);
	const closed = once(child, "close");
	closed.catch(() => undefined);
	for await (const line of createInterface({ input: child.stdout })) {
		return { processId: Number(line), end: () => end(child, closed) };
	}
	await end(child, closed);
	throw new RetakeError("SANDBOX_FAILED", `no network of its own can be made for commands: ${complaints.trim()}`, {
		remedy: "run `retake doctor`",
	});
}

async function end(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
	child.stdin?.end();
	// Ended by itself or killed, it is gone.
	await closed.catch(() => undefined);
}
