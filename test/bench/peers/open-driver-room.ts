import { chmodSync, chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits } from "@retake/base";
import type { NetworkOptions, SandboxDriver } from "@retake/sandbox";
import { type OpenSandboxHarness, openRoom, type SandboxRoom } from "@retake/testkit";
import { measure } from "../harness/measure.ts";

/** An open sandbox of a driver, to be measured without session and record. */
export interface DriverRoom extends AsyncDisposable {
	/** Runs `true` over a fresh layer; returns milliseconds. */
	sample(): Promise<number>;
	/** Runs a command over an empty tree; returns what it printed. */
	print(argv: readonly string[]): Promise<string>;
	/** Does so many times without a pause; returns milliseconds of one. */
	sampleEach(times: number): Promise<number>;
}

/** Opens a driver's sandbox with a trees directory under `scratch`. */
export async function openDriverRoom(
	driver: SandboxDriver,
	scratch: string,
	network?: NetworkOptions,
): Promise<DriverRoom> {
	const owner = process.getuid?.() === 0 ? { uid: 61_184, gid: 61_184 } : null;
	const treesDirectory = mkdtempSync(join(scratch, "trees-"));
	chmodSync(treesDirectory, 0o755);
	if (owner !== null) chownSync(treesDirectory, owner.uid, owner.gid);
	const lower = join(treesDirectory, "lower");
	mkdirSync(lower);
	const open: OpenSandboxHarness = async () => ({
		driver,
		options: { limits: defaultLimits, mandatory: [], treesDirectory, mounts: [], pathPrefix: [], owner, image: null },
		[Symbol.asyncDispose]: async () => {},
	});
	const room: SandboxRoom = await openRoom(open, {}, network);
	const sample = async (): Promise<number> => {
		const workspace = room.workspace(lower);
		return measure(async () => {
			const { exitCode, stderr } = await room.run(["true"], { workspace });
			if (exitCode !== 0) throw new Error(`true ended with ${exitCode}: ${Buffer.from(stderr).toString()}`);
		});
	};
	return {
		sample,
		sampleEach: async (times) => {
			let total = 0;
			for (let count = 0; count < times; count++) total += await sample();
			return total / times;
		},
		print: async (argv) => {
			const { exitCode, stdout, stderr } = await room.run(argv, { workspace: room.workspace(lower) });
			if (exitCode !== 0) throw new Error(`${argv[0]} ended with ${exitCode}: ${Buffer.from(stderr).toString()}`);
			return Buffer.from(stdout).toString("utf8");
		},
		[Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
	};
}
