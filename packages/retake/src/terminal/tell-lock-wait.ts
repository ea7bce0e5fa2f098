import { describeHolder, type LockHolder } from "@retake/txfs";
import type { Edges } from "../edges/edges.ts";
import { escapeText } from "./escape-text.ts";

/** Makes what tells people on standard error whom a commit waits for. */
export function tellLockWait({ stderr }: Edges): (holder: LockHolder) => void {
	return (holder) => {
		stderr.stream.write(`retake: waiting for ${escapeText(describeHolder(holder))}, which is committing here\n`);
	};
}
