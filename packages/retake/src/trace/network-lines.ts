import type { NetworkReport } from "@retake/sandbox";
import { escapeText } from "../terminal/escape-text.ts";

/** Writes what a command did with the network, a line for each connection. */
export function networkLines({ connections, dropped }: NetworkReport): string[] {
	if (connections.length === 0) return ["network: not used"];
	const lines = connections.map(({ host, port, method, verdict, reason, status, sentBytes, receivedBytes }) => {
		const asked = host === "" ? "what could not be read" : `${method} ${host}:${port}`.trim();
		const came = [
			...(status === null ? [] : [`status ${status}`]),
			`${sentBytes} B sent`,
			`${receivedBytes} B received`,
		];
		return `  ${verdict} ${escapeText(asked)}: ${[...(reason === null ? [] : [reason]), ...came].join(", ")}`;
	});
	return ["network:", ...lines, ...(dropped === 0 ? [] : [`  and ${dropped} more`])];
}
