import { setTimeout as sleep } from "node:timers/promises";
import type { CommandControls, CommandSignal } from "../sandbox.ts";
import type { NamespaceInit } from "./namespace-init.ts";
import type { CommandStreams } from "./pipe-slots.ts";
import { createProcessFileReader } from "./process-file-reader.ts";

const lookEveryMs = 5;

/** Makes the controls of a command whose namespace exists. The command is the first child of the namespace's init. */
export function commandControls(init: NamespaceInit, streams: Pick<CommandStreams, "resize">): CommandControls {
	return {
		signal: (name) => void signalCommand(init, name),
		resize: (size) => streams.resize(size),
	};
}

/** The init exists a moment before the command does. */
async function signalCommand(init: NamespaceInit, name: CommandSignal): Promise<void> {
	const read = createProcessFileReader();
	while (init.isAlive()) {
		const children = read(`/proc/${init.processId}/task/${init.processId}/children`) ?? "";
		const [command] = children.split(" ").filter((each) => each !== "");
		if (command !== undefined) return sendSignal(Number(command), name);
		await sleep(lookEveryMs);
	}
}

function sendSignal(processId: number, name: CommandSignal): void {
	try {
		process.kill(processId, name);
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
	}
}
