import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits } from "@retake/base";
import { type BubblewrapOptions, createBubblewrapDriver, type SandboxOptions } from "@retake/sandbox";
import type { Refusals, SandboxHarness } from "@retake/testkit";

/** The owner of trees where the tests run as root. */
export const owner = process.getuid?.() === 0 ? { uid: 61_184, gid: 61_184 } : null;

/** A way of making layers that the suite is run on; what it refuses of the contract here. */
interface TestedWay {
	readonly driver: BubblewrapOptions;
	readonly refuses: Refusals;
}

const isRoot = owner !== null;
// Nothing of ours can enter the network of a command that bubblewrap alone has sealed.
const alone: Refusals = isRoot ? {} : { allowList: true, loopbacks: true };

// The host's own may have no overlays yet.
const newerBubblewrap = process.env["RETAKE_TEST_BWRAP"];

const testedWays: Readonly<Record<string, TestedWay>> = {
	any: { driver: {}, refuses: {} },
	copy: { driver: { layers: "copy" }, refuses: { overlays: true } },
	"fuse-overlayfs": { driver: { layers: "fuse-overlayfs" }, refuses: {} },
	bwrap: {
		driver: { layers: "bwrap", tools: newerBubblewrap === undefined ? {} : { bwrap: newerBubblewrap } },
		refuses: alone,
	},
	// `unshare` refuses, as it does where an AppArmor profile allows namespaces to bubblewrap alone.
	"copy without unshare": {
		driver: { layers: "copy", tools: { unshare: "/bin/false" } },
		refuses: { overlays: true, ...alone },
	},
};

/** The way that whoever started the tests asked for. */
export const testedWay: TestedWay = testedWays[process.env["RETAKE_TEST_WAY"] ?? "any"] ?? { driver: {}, refuses: {} };

/** Makes a store as the product does, private, so that an owner that is not root cannot walk down to the trees. */
export async function openBubblewrapHarness(changes: Partial<SandboxOptions> = {}): Promise<SandboxHarness> {
	const store = mkdtempSync(join(tmpdir(), "store-"));
	chmodSync(store, 0o700);
	const treesDirectory = join(store, "trees");
	mkdirSync(treesDirectory, { mode: 0o700 });
	if (owner !== null) chownSync(treesDirectory, owner.uid, owner.gid);
	return {
		driver: createBubblewrapDriver({ ...testedWay.driver, scratchDirectory: store }),
		layers: testedWay.driver.layers === "copy" ? "copy" : "overlay",
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
