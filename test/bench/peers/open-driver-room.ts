import { chmodSync, chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits } from "@retake/base";
import type { SandboxDriver } from "@retake/sandbox";
import { openRoom, type SandboxRoom } from "@retake/testkit";
import { measure } from "../harness/measure.ts";

/** An open sandbox of a driver, to be measured without session and record. */
export interface DriverRoom extends AsyncDisposable {
	/** Runs `true` over a fresh layer; returns milliseconds. */
	sample(): Promise<number>;
}

/** Opens a driver's sandbox with a trees directory under `scratch`. */
export async function openDriverRoom(driver: SandboxDriver, scratch: string): Promise<DriverRoom> {
	const owner = process.getuid?.() === 0 ? { uid: 61_184, gid: 61_184 } : null;
	const treesDirectory = mkdtempSync(join(scratch, "trees-"));
	chmodSync(treesDirectory, 0o755);
	if (owner !== null) chownSync(treesDirectory, owner.uid, owner.gid);
	const lower = join(treesDirectory, "lower");
	mkdirSync(lower);
	const room: SandboxRoom = await openRoom(async () => ({
		driver,
		options: { limits: defaultLimits, mandatory: [], treesDirectory, mounts: [], pathPrefix: [], owner, image: null },
		[Symbol.asyncDispose]: async () => {},
	}));
	return {
		sample: async () => {
			const workspace = room.workspace(lower);
			return measure(async () => {
				const { exitCode, stderr } = await room.run(["true"], { workspace });
				if (exitCode !== 0) throw new Error(`true ended with ${exitCode}: ${Buffer.from(stderr).toString()}`);
			});
		},
		[Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
	};
}
