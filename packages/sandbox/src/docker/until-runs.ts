import { RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { daemonStatus } from "./docker-client.ts";

const attemptsMax = 300;
const unseenMax = 20;

/**
 * Waits until the init of a container has become another program besides: it starts in any image, also in one whose programs cannot be run.
 * Throws `SANDBOX_FAILED` with how that one ended.
 */
export async function untilRuns(container: Docker.Container): Promise<void> {
	for (let attempt = 0; attempt < attemptsMax; attempt++) {
		const seen = await hasProgram(container);
		if (seen === true) return;
		const { State: state } = await container.inspect();
		if (!state.Running) throw cannotRun(state.ExitCode);
		if (seen === "unseen" && attempt >= unseenMax) return;
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	throw new RetakeError("SANDBOX_FAILED", "a container's program did not begin", {
		remedy: "look into the daemon's log, and for what keeps its machine busy",
	});
}

async function hasProgram(container: Docker.Container): Promise<boolean | "unseen"> {
	try {
		const listed = await container.top({ ps_args: "-o pid,args" });
		const { Processes: processes } = listed as { readonly Processes: readonly string[][] | null };
		return (processes ?? []).some((words) => !words.join(" ").includes("docker-init"));
	} catch (error) {
		// It has ended, is just about to, or there is no ps where the daemon is.
		if (daemonStatus(error) !== null) return "unseen";
		throw error;
	}
}

/** What the init says of a program that is not there, and of one that is none: as shells do. */
function cannotRun(exitCode: number): RetakeError {
	const why = exitCode === 127 ? "a program that is needed is not in it" : `its programs do not run (${exitCode})`;
	return new RetakeError("SANDBOX_FAILED", `the image cannot be used: ${why}`, {
		data: { exitCode },
		remedy:
			exitCode === 127
				? "use an image that has sh, env and sleep (Debian, Alpine, busybox)"
				: "build or import the image again: its programs are damaged, or another machine's",
	});
}
