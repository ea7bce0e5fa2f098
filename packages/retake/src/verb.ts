import { isRetakeError } from "@retake/base";
import type { Command } from "commander";
import pico from "picocolors";
import type { z } from "zod";
import type { Edges } from "./edges/edges.ts";
import { type ExitCode, exitCodeOf } from "./exit-code.ts";
import { describeFailure, type Failure } from "./failure.ts";
import { errorDocument } from "./json/error-document.ts";
import { jsonPieces } from "./json/json-pieces.ts";
import { escapeText } from "./terminal/escape-text.ts";
import { writePieces } from "./terminal/write-pieces.ts";

/** Colours, or functions that leave text as it is. */
export type Paint = ReturnType<typeof pico.createColors>;

/** What a verb came to. */
export interface VerbOutcome<Document> {
	readonly exitCode: ExitCode;
	/** What `--json` prints. */
	readonly document: Document;
	/** What people read on standard output, escaped already. May be made line by line while it is printed. */
	readonly lines: Iterable<string>;
	/** What people read on standard error, escaped already: for verbs whose standard output belongs to a command. */
	readonly notes?: readonly string[];
	/** What the document or the lines are still read from: disposed of when they are printed. */
	readonly readFrom?: AsyncDisposable;
}

/** The side of a verb that faces its user. */
export interface Face {
	readonly edges: Edges;
	readonly json: boolean;
	/** For standard output. */
	readonly paint: Paint;
	/** Width of standard output, in columns. */
	readonly columns: number;
}

/** Runs verbs: prints what they return, reports what they throw, and keeps the exit code. */
export interface VerbHost {
	readonly edges: Edges;
	run<Schema extends z.ZodType>(
		flags: { readonly json?: boolean },
		schema: Schema,
		body: (face: Face) => Promise<VerbOutcome<z.input<Schema>>>,
	): Promise<void>;
}

/** Makes one command of the program. */
export type Verb = (host: VerbHost) => Command;

/** Makes the host of all verbs; `finish` is told the exit code. */
export function createVerbHost(edges: Edges, finish: (exitCode: ExitCode) => void): VerbHost {
	return {
		edges,
		run: async (flags, schema, body) => {
			const json = flags.json === true;
			const face = { edges, json, paint: pico.createColors(edges.stdout.colour), columns: edges.stdout.columns };
			try {
				const { exitCode, document, lines, notes, readFrom } = await body(face);
				await using _readFrom = readFrom;
				if (json) await writeDocument(edges, schema.parse(document));
				else {
					await writeLines(edges.stdout.stream, lines);
					await writeLines(edges.stderr.stream, notes ?? []);
				}
				finish(exitCode);
			} catch (thrown) {
				finish(await reportFailure(edges, json, thrown));
			}
		},
	};
}

/** Reports anything that was thrown, to people on standard error or as the one JSON document, and returns the exit code. */
export async function reportFailure(edges: Edges, json: boolean, thrown: unknown): Promise<ExitCode> {
	const failure = describeFailure(edges.interrupted.aborted ? interruption(thrown) : thrown);
	const { code, message, remedy } = failure;
	if (json) await writeDocument(edges, errorDocument.parse({ error: { code, message, remedy } }));
	else await writeLines(edges.stderr.stream, failureLines(failure, pico.createColors(edges.stderr.colour)));
	return exitCodeOf(code);
}

/** Whatever breaks after Ctrl-C broke because of it, save a commit that was made already. */
function interruption(thrown: unknown): unknown {
	if (isRetakeError(thrown, "COMMIT_PENDING")) return thrown;
	return Object.assign(new Error("interrupted", { cause: thrown }), { name: "AbortError" });
}

const pathsShown = 20;

function failureLines({ code, message, remedy, paths }: Failure, paint: Paint): string[] {
	const more = paths.length > pathsShown ? [`    … and ${paths.length - pathsShown} more`] : [];
	return [
		`${paint.red("retake:")} ${message.trimEnd().split("\n").map(escapeText).join("\n  ")} ${paint.dim(`(${code})`)}`,
		...paths.slice(0, pathsShown).map((path) => `    ${escapeText(path)}`),
		...more,
		`  ${escapeText(remedy)}`,
	];
}

function writeDocument(edges: Edges, document: unknown): Promise<void> {
	return writePieces(edges.stdout.stream, endedByLine(jsonPieces(document)));
}

function* endedByLine(pieces: Iterable<string>): Iterable<string> {
	yield* pieces;
	yield "\n";
}

function writeLines(stream: NodeJS.WritableStream, lines: Iterable<string>): Promise<void> {
	return writePieces(stream, linePieces(lines));
}

function* linePieces(lines: Iterable<string>): Iterable<string> {
	for (const line of lines) yield `${line}\n`;
}
