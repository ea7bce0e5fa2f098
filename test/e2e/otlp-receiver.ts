import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";

/** A span as a receiver has it after decoding: ids in hexadecimal. */
export interface ReceivedSpan {
	readonly traceId: string;
	readonly spanId: string;
	readonly parentSpanId: string;
	readonly name: string;
	readonly kind: string;
	readonly startTimeUnixNano: string;
	readonly endTimeUnixNano: string;
	readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
	readonly status: { readonly code?: string } | null;
}

/** A receiver of traces on this machine. */
export interface OtlpReceiver extends AsyncDisposable {
	readonly url: string;
	readonly spans: readonly ReceivedSpan[];
}

/** A message that was generated from the official descriptions. */
interface MessageType {
	fromObject(value: unknown): object;
	verify(message: object): string | null;
	encode(message: object): { finish(): Uint8Array };
	decode(bytes: Uint8Array): object;
	toObject(message: object, how?: object): object;
	create(): object;
}

interface TraceService {
	readonly ExportTraceServiceRequest: MessageType;
	readonly ExportTraceServiceResponse: MessageType;
}

interface GeneratedRoot {
	readonly opentelemetry: { readonly proto: { readonly collector: { readonly trace: { readonly v1: TraceService } } } };
}

const service = (root as unknown as GeneratedRoot).opentelemetry.proto.collector.trace.v1;
const { ExportTraceServiceRequest: requestType, ExportTraceServiceResponse: responseType } = service;

/** In OTLP's JSON these are in hexadecimal (OTLP specification, "JSON Protobuf Encoding"), unlike other bytes. */
const idFields: Readonly<Record<string, number>> = { traceId: 16, spanId: 8, parentSpanId: 8 };

/**
 * Starts a server that takes `POST /v1/traces` in OTLP/HTTP's JSON encoding, as a collector does: the request becomes the official protobuf message,
 * goes over the wire's encoding and back, and must have lost nothing by it. Else it answers with 400 and the reason.
 */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
	const spans: ReceivedSpan[] = [];
	const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		const pieces: Buffer[] = [];
		for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
		const answer = (status: number, body: object): void => {
			response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
		};
		if (request.method !== "POST" || request.url !== "/v1/traces") return answer(404, {});
		if (request.headers["content-type"] !== "application/json") return answer(415, {});
		try {
			spans.push(...decodeRequest(Buffer.concat(pieces).toString("utf8")));
			answer(200, responseType.toObject(responseType.create()));
		} catch (error) {
			answer(400, { code: 3, message: error instanceof Error ? error.message : String(error) });
		}
	};
	const server = createServer((request, response) => void receive(request, response)).listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new TypeError("the receiver has no port");
	return {
		url: `http://127.0.0.1:${address.port}/v1/traces`,
		spans,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function decodeRequest(text: string): ReceivedSpan[] {
	const sent: unknown = JSON.parse(text, (name, value: unknown) => {
		const bytes = idFields[name];
		if (bytes === undefined) return value;
		if (typeof value === "string" && new RegExp(`^[0-9a-f]{${2 * bytes}}$`).test(value))
			return Buffer.from(value, "hex");
		throw new TypeError(`${name} is not ${bytes} bytes in hexadecimal`);
	});
	const message = requestType.fromObject(sent);
	const wrong = requestType.verify(message);
	if (wrong !== null) throw new TypeError(wrong);
	const decoded = requestType.decode(requestType.encode(message).finish());
	const received = requestType.toObject(decoded, { longs: String, enums: Number, bytes: Buffer });
	const again = JSON.stringify(received, (name, value: unknown) => hexadecimal(name, value));
	if (canonical(JSON.parse(again)) !== canonical(JSON.parse(text))) {
		throw new TypeError("the request has fields that the message does not have, or of another type");
	}
	const requestRead = JSON.parse(again) as {
		readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[] }[];
	};
	return requestRead.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
}

function hexadecimal(name: string, value: unknown): unknown {
	if (idFields[name] === undefined) return value;
	const { data } = value as { readonly data: readonly number[] };
	return Buffer.from(data).toString("hex");
}

/** Keys in order, and without what has a message's default value, which the wire does not carry. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_name, child: unknown) => {
		if (typeof child !== "object" || child === null || Array.isArray(child)) return child;
		const entries = Object.entries(child).filter(([, field]) => field !== 0 && field !== "" && field !== null);
		return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
	});
}
