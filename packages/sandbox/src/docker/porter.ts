import { PassThrough, type Readable, type Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { daemonFailure, withDaemon } from "./docker-client.ts";
import { createFrameSplitter } from "./split-frames.ts";

/** One errand. */
export interface PorterErrand {
	readonly argv: readonly string[];
	readonly input?: Readable;
	readonly output?: Writable;
}

/**
 * Runs a program of the image beside the volumes, in a container in which no candidate's code ever is: it packs and unpacks trees where
 * this process cannot reach them. Throws `SANDBOX_FAILED` where the daemon or the program fails.
 */
export async function runErrand(porter: Docker.Container, errand: PorterErrand): Promise<void> {
	const { argv, input, output } = errand;
	const attached = { AttachStdin: input !== undefined, AttachStdout: true, AttachStderr: true };
	const execution = await withDaemon("cannot send the porter", () => porter.exec({ Cmd: [...argv], ...attached }));
	const stream = await withDaemon("cannot start the porter's errand", () =>
		execution.start({ hijack: true, stdin: input !== undefined }),
	);
	stream.on("error", () => {});
	let complaints = "";
	const brought = new PassThrough();
	const taken = output === undefined ? null : pipeline(brought, output);
	// Who cannot take what is brought has an error of its own; nobody waits for the rest.
	taken?.catch(() => stream.destroy());
	const split = createFrameSplitter((name, bytes) => {
		if (name === "stderr") complaints = (complaints + Buffer.from(bytes).toString()).slice(-2000);
		else if (taken !== null && !brought.write(Buffer.from(bytes))) {
			stream.pause();
			brought.once("drain", () => stream.resume());
		}
	});
	stream.on("data", split);
	const said = finished(stream, { writable: false }).catch(() => {});
	if (input !== undefined) pipeline(input, stream).catch(() => {});
	await said;
	input?.destroy();
	brought.end();
	await taken?.catch(() => {});
	const code = await exitCodeOf(execution);
	if (code === 0) return;
	const full = complaints.includes("No space left on device");
	throw new RetakeError("SANDBOX_FAILED", `${argv[0]} in the image ended with ${code}: ${complaints.trim()}`, {
		data: { code },
		remedy: full
			? "raise the limit of disk bytes or inodes, or make room on the daemon's disk"
			: "use an image that has a shell and GNU tar (Debian, Ubuntu, Fedora)",
	});
}

/** The streams may close a moment before the daemon knows of the end. */
async function exitCodeOf(execution: Docker.Exec): Promise<number | null> {
	try {
		for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, 100)) {
			const { Running: isRunning, ExitCode: code } = await execution.inspect();
			if (!isRunning) return code;
			await new Promise((resolve) => setTimeout(resolve, pauseMs));
		}
	} catch (error) {
		throw daemonFailure("the porter was lost", error);
	}
}
