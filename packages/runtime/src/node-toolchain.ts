import { realpathSync } from "node:fs";
import type { ReadOnlyMount } from "@retake/sandbox";

/** Where this process's own Node is seen inside a sandbox. */
const directoryInside = "/opt/retake/bin";

/** Returns the mount that shows this process's own Node inside, so that checks run on the version that Retake runs on. */
export function nodeToolchain(): { readonly mounts: readonly ReadOnlyMount[]; readonly pathPrefix: readonly string[] } {
	return {
		mounts: [{ source: realpathSync(process.execPath), target: `${directoryInside}/node` }],
		pathPrefix: [directoryInside],
	};
}
