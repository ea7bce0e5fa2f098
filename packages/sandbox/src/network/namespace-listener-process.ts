// The process that opens a port in a command's network namespace and hands the listening socket over. It is started by
// `namespace-listener.ts` and ends with its channel.
import { closeSync, openSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { enterNetworkNamespace, leaveNetworkNamespace } from "@retake/linux";
import type { ListenAnswer, ListenRequest } from "./namespace-listener.ts";

// Nowhere is home: whatever goes wrong, nothing listens in the network of the host.
leaveNetworkNamespace();
const home = openSync("/proc/self/ns/net", "r");

async function listenIn(processId: number, port: number): Promise<Server> {
	const server = createServer();
	const namespace = openSync(`/proc/${processId}/ns/net`, "r");
	try {
		// The socket is made within the call to listen; afterwards this process is at home again.
		enterNetworkNamespace(namespace);
		const listening = new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
		// Loopback may not be up yet, and there is nothing else.
		server.listen({ port, host: "0.0.0.0" });
		await listening;
		return server;
	} finally {
		enterNetworkNamespace(home);
		closeSync(namespace);
	}
}

async function serve({ processId, port }: ListenRequest): Promise<void> {
	try {
		const server = await listenIn(processId, port);
		const answer: ListenAnswer = { processId, failure: null };
		process.send?.(answer, server, () => server.close());
	} catch (cause) {
		const answer: ListenAnswer = { processId, failure: String(cause) };
		process.send?.(answer);
	}
}

// One request at a time: who asks waits for the answer.
process.on("message", (request: ListenRequest) => void serve(request));
const ready: ListenAnswer = { processId: 0, failure: null };
process.send?.(ready);
