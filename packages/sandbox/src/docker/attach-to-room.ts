import { once } from "node:events";
import type { Duplex } from "node:stream";
import { RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { terminalGate } from "./launch-line.ts";

/**
 * Keys by which somebody at a terminal would leave the container to itself: a sequence that nobody types, since Docker's own cannot be
 * taken away and would withhold Control-P. Bytes, not characters: no text holds them. Source: the Engine API's reference, "attach to a container".
 */
const detachKeys = Array.from({ length: 32 }, () => "%FF").join(",");

/** Opens the streams of a container. Throws what the client throws. */
export function attachToRoom(docker: Docker, containerId: string): Promise<Duplex> {
	const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
	const request = {
		path: `/containers/${containerId}/attach?detachKeys=${detachKeys}&`,
		method: "POST",
		isStream: true,
		hijack: true,
		openStdin: true,
		statusCodes: { 200: true, 404: "no such container", 500: "server error" },
		options: { stream: true, stdin: true, stdout: true, stderr: true },
	};
	docker.modem.dial(request, (error: unknown, stream: unknown) => {
		if (error === null || error === undefined) resolve(stream as Duplex);
		else reject(error);
	});
	return promise;
}

/** Waits until the launcher at a terminal reads. Throws `SANDBOX_UNAVAILABLE` with what it said where the image has no `stty`. */
export async function untilGateOpens(stream: Duplex): Promise<void> {
	for (;;) {
		const said = stream.read() as Buffer | null;
		if (said?.toString() === terminalGate.open) return;
		if (said !== null || stream.readableEnded || stream.destroyed) throw noTerminal(said?.toString() ?? "");
		const waiting = new AbortController();
		const each = ["readable", "end", "close"].map((event) => once(stream, event, { signal: waiting.signal }));
		await Promise.race(each);
		waiting.abort();
		await Promise.allSettled(each);
	}
}

function noTerminal(said: string): RetakeError {
	return new RetakeError("SANDBOX_UNAVAILABLE", `no terminal can be had in this image: ${said.trim()}`, {
		remedy: "use an image that has stty, which is part of coreutils and of busybox",
	});
}
