import type { JSONRPCMessage, RequestId } from "@modelcontextprotocol/server";
import type { CanonicalValue } from "@retake/changeset";

/** What one side says to the other, with the kind of message told apart. */
export type RpcMessage =
	| { readonly kind: "request"; readonly id: RequestId; readonly method: string; readonly params: RpcParams }
	| { readonly kind: "notification"; readonly method: string; readonly params: RpcParams }
	| { readonly kind: "response"; readonly id: RequestId; readonly answer: RpcAnswer };

/** Parameters as JSON; undefined where the message has none. */
export type RpcParams = Readonly<Record<string, unknown>> | undefined;

/** A result or an error, as JSON. */
export type RpcAnswer = { readonly result: CanonicalValue } | { readonly error: CanonicalValue };

/** Tells what a message is. Returns null for a response that names no request. */
export function readMessage(message: JSONRPCMessage): RpcMessage | null {
	if ("method" in message) {
		const { method, params } = message;
		return "id" in message
			? { kind: "request", id: message.id, method, params }
			: { kind: "notification", method, params };
	}
	const { id } = message;
	if (id === undefined) return null;
	const answer = "result" in message ? { result: asCanonical(message.result) } : { error: asCanonical(message.error) };
	return { kind: "response", id, answer };
}

/** Writes a message as it goes over the wire. */
export function writeMessage(message: RpcMessage): JSONRPCMessage {
	const { kind } = message;
	if (kind === "response") return { jsonrpc: "2.0", id: message.id, ...message.answer } as JSONRPCMessage;
	const { method, params } = message;
	const body = { jsonrpc: "2.0", method, ...(params === undefined ? {} : { params: { ...params } }) } as const;
	return kind === "request" ? { ...body, id: message.id } : body;
}

/** Types what was parsed from JSON as what it is: a value that has a canonical form, unless its text is not Unicode. */
export function asCanonical(value: unknown): CanonicalValue {
	return value as CanonicalValue;
}
