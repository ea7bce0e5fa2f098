import { type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { AllowRule } from "./allow-rule.ts";
import type { FindAddresses } from "./find-addresses.ts";
import { type ForwardedTo, requestHeaders, responseHeaders } from "./forward-headers.ts";
import { maskSecret, maskText } from "./mask-secret.ts";
import type { JournalEntry } from "./network-journal.ts";
import { NetworkRefusal, refusalOf } from "./network-refusal.ts";
import { reach, reachSecurely } from "./reach.ts";
import { counted } from "./tunnel.ts";

/** A request that may pass. */
export interface Forwarding extends ForwardedTo {
	readonly rule: AllowRule;
	/** Path and query, as the client wrote them. */
	readonly path: string;
	readonly findAddresses: FindAddresses;
	readonly authorities: readonly string[];
	readonly signal: AbortSignal;
	readonly entry: JournalEntry;
}

/**
 * Sends a request on in words of our own, over a connection that carries nothing else, so that no byte of it can be taken for
 * another request; puts the secrets in; returns the answer with the secrets masked. Throws `NetworkRefusal` before anything was answered.
 */
export async function forwardRequest(
	request: IncomingMessage,
	response: ServerResponse,
	forwarding: Forwarding,
): Promise<void> {
	const { path, entry, signal, secrets } = forwarding;
	const headers = requestHeaders(request, forwarding);
	const socket = await open(forwarding);
	try {
		const outgoing = send({
			createConnection: () => socket,
			method: request.method ?? "GET",
			path,
			headers,
			setHost: false,
		});
		const answered = new Promise<IncomingMessage>((resolve, reject) => {
			outgoing.on("response", resolve).on("error", reject);
			outgoing.on("upgrade", () => reject(new NetworkRefusal("refused", "method")));
			signal.addEventListener("abort", () => reject(new NetworkRefusal("failed", "unreachable")), { once: true });
		});
		const sent = pipeline(request, counted(entry, "sent"), outgoing);
		// A server may answer before it has read all.
		sent.catch(() => undefined);
		const answer = await Promise.race([answered, sent.then(() => answered)]);
		const status = answer.statusCode ?? 502;
		entry.status(status);
		const hide = (text: string): string => secrets.reduce((shown, { value }) => maskText(shown, value), text);
		response.sendDate = false;
		response.writeHead(
			status,
			responseHeaders(answer).flatMap(([name, value]) => [name, hide(value)]),
		);
		await pipeline([answer, ...secrets.map(({ value }) => maskSecret(value)), counted(entry, "received"), response]);
		entry.end("passed", null);
	} catch (cause) {
		const refusal = refusalOf(cause);
		if (!response.headersSent) throw refusal;
		entry.end("failed", refusal.reason);
		response.destroy();
	} finally {
		socket.destroy();
	}
}

async function open({ rule, isSecure, authority, authorities, findAddresses, signal }: Forwarding): Promise<Socket> {
	const socket = await reach(await findAddresses(rule), authority.port, signal);
	return isSecure ? reachSecurely(socket, authority.host, authorities, signal) : socket;
}
