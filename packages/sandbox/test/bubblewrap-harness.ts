import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits } from "@retake/base";
import { createBubblewrapDriver, type SandboxOptions } from "@retake/sandbox";
import type { SandboxHarness } from "@retake/testkit";

/** The owner of trees where the tests run as root. */
export const owner = process.getuid?.() === 0 ? { uid: 61_184, gid: 61_184 } : null;

/** Makes a store as the product does, private, so that an owner that is not root cannot walk down to the trees. */
export async function openBubblewrapHarness(changes: Partial<SandboxOptions> = {}): Promise<SandboxHarness> {
	const store = mkdtempSync(join(tmpdir(), "store-"));
	chmodSync(store, 0o700);
	const treesDirectory = join(store, "trees");
	mkdirSync(treesDirectory, { mode: 0o700 });
	if (owner !== null) chownSync(treesDirectory, owner.uid, owner.gid);
	return {
		driver: createBubblewrapDriver(),
		options: {
			limits: { ...defaultLimits, timeoutMs: 30_000 },
			mandatory: [],
			treesDirectory,
			mounts: [],
			pathPrefix: [],
			owner,
			image: null,
			...changes,
		},
		[Symbol.asyncDispose]: async () => rmSync(store, { recursive: true }),
	};
}
