import type { Clock, Randomness } from "@retake/base";

/** One of the two streams on which the command line writes. */
export interface OutputEnd {
	readonly stream: NodeJS.WritableStream;
	readonly isTerminal: boolean;
	/** Width now, in columns; 80 where the stream has none. */
	readonly columns: number;
	/** Height now, in rows; 24 where the stream has none. */
	readonly rows: number;
	/** Whether colour is wanted here. */
	readonly colour: boolean;
}

/** Everything that the command line takes from outside. Made once, by `processEdges`; tests make their own. */
export interface Edges {
	readonly workingDirectory: string;
	/** The value of DOCKER_HOST; null where it is unset. */
	readonly dockerHost: string | null;
	/** The value of DOCKER_CERT_PATH; null where it is unset. */
	readonly dockerCertificates: string | null;
	/** What programs that are started for the user inherit. */
	readonly environment: Readonly<Record<string, string>>;
	/** The value of RETAKE_MCP_TOKEN; null where it is unset. */
	readonly mcpToken: string | null;
	readonly stdin: NodeJS.ReadableStream;
	readonly stdout: OutputEnd;
	readonly stderr: OutputEnd;
	readonly clock: Clock;
	readonly randomness: Randomness;
	/** Aborted by the first Ctrl-C. */
	readonly interrupted: AbortSignal;
}
