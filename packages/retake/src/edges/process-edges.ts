import { systemClock, systemRandomness } from "@retake/base";
import type { Edges, OutputEnd } from "./edges.ts";
import { wantsColour } from "./wants-colour.ts";

/** Makes the edges of the running process. */
export function processEdges(interrupted: AbortSignal): Edges {
	return {
		workingDirectory: process.cwd(),
		dockerHost: process.env["DOCKER_HOST"] || null,
		dockerCertificates: process.env["DOCKER_CERT_PATH"] || null,
		environment: Object.fromEntries(
			Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
		),
		mcpToken: process.env["RETAKE_MCP_TOKEN"] || null,
		stdin: process.stdin,
		stdout: outputEnd(process.stdout),
		stderr: outputEnd(process.stderr),
		clock: systemClock,
		randomness: systemRandomness,
		interrupted,
	};
}

function outputEnd(stream: NodeJS.WriteStream): OutputEnd {
	const isTerminal = stream.isTTY === true;
	return {
		stream,
		isTerminal,
		get columns() {
			return stream.columns || 80;
		},
		get rows() {
			return stream.rows || 24;
		},
		colour: wantsColour(process.env, isTerminal),
	};
}
