import { RetakeError } from "@retake/base";
import type { Room, RoomEnd } from "./room.ts";

/** What may end a command before it ends by itself. */
export interface RoomDeadline extends Disposable {
	readonly timedOut: boolean;
	readonly cancelled: boolean;
	/** Rejects where the room had to be killed and its end was not confirmed; never resolves. */
	readonly failed: Promise<never>;
	/** Resolves when a room that had to be killed is seen to be dead, where that can be seen: nobody waits for a daemon's word then. */
	readonly killed: Promise<RoomEnd>;
}

/** What the init of a room reports for SIGKILL. */
const killedCode = 128 + 9;

const confirmationMsMax = 10_000;

/** Kills a room when its time is over or when the caller cancels, until it is disposed; says so to `onKill`. */
export function startDeadline(
	room: Room,
	timeoutMs: number,
	signal: AbortSignal | undefined,
	onKill: () => void,
): RoomDeadline {
	const failure = Promise.withResolvers<never>();
	failure.promise.catch(() => {});
	const killed = Promise.withResolvers<RoomEnd>();
	const watching = new AbortController();
	let reason: "timed-out" | "cancelled" | null = null;
	let confirmation: NodeJS.Timeout | undefined;

	const end = (why: "timed-out" | "cancelled"): void => {
		if (reason !== null) return;
		reason = why;
		confirmation = setTimeout(() => {
			const message = `the daemon did not confirm the end of a killed container within ${confirmationMsMax} ms`;
			failure.reject(new RetakeError("SANDBOX_FAILED", message, { remedy: "look into the daemon's log" }));
		}, confirmationMsMax);
		onKill();
		room.kill().catch(failure.reject);
		room
			.untilDead(watching.signal)
			.then(() => killed.resolve({ exitCode: killedCode, outOfMemory: false }), failure.reject);
	};
	const timer = setTimeout(() => end("timed-out"), timeoutMs);
	const cancel = (): void => end("cancelled");
	signal?.addEventListener("abort", cancel, { once: true });
	if (signal?.aborted) cancel();

	return {
		get timedOut() {
			return reason === "timed-out";
		},
		get cancelled() {
			return reason === "cancelled";
		},
		failed: failure.promise,
		killed: killed.promise,
		[Symbol.dispose]: () => {
			watching.abort();
			clearTimeout(timer);
			clearTimeout(confirmation);
			signal?.removeEventListener("abort", cancel);
		},
	};
}
