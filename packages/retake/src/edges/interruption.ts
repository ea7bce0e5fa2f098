import type { Clock } from "@retake/base";

/** The signals by which a user, a terminal or a supervisor asks a process to stop. */
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Exit code of everything that was interrupted: 128 and the number of SIGINT. */
const interruptedExitCode = 130;

/**
 * Nanoseconds within which two signals are one wish: a parent such as npm or our own launcher passes on the Ctrl-C that the
 * terminal has sent to this process already.
 */
const sameWishNanoseconds = 300_000_000n;

/** What `listenForInterruption` needs of a process. */
export type SignalledProcess = Pick<NodeJS.Process, "on" | "exit">;

/**
 * Listens for the signals that ask the process to stop: the first aborts the returned signal, so that the work cleans up
 * behind itself; the second ends the process at once, and what is left is cleaned up by the next start.
 */
export function listenForInterruption(target: SignalledProcess, clock: Pick<Clock, "monotonic">): AbortSignal {
	const controller = new AbortController();
	let firstAt = 0n;
	const stop = (): void => {
		if (controller.signal.aborted) {
			if (clock.monotonic() - firstAt > sameWishNanoseconds) target.exit(interruptedExitCode);
			return;
		}
		firstAt = clock.monotonic();
		controller.abort();
	};
	for (const name of stopSignals) target.on(name, stop);
	return controller.signal;
}
