import { chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits, systemClock } from "@retake/base";
import { createDockerDriver } from "@retake/sandbox";

// A runner that is going to be killed: it opens a sandbox and runs a command that does not end.
const [, , socketPath = "", treesDirectory = "", nonce = ""] = process.argv;
const owner = { uid: 1000, gid: 1000 };
const sandbox = await createDockerDriver({ socketPath, clock: systemClock }).open({
	limits: defaultLimits,
	mandatory: [],
	treesDirectory,
	mounts: [],
	pathPrefix: [],
	owner,
	image: null,
});
const lower = mkdtempSync(join(treesDirectory, "lower-"));
const [upper = "", work = ""] = ["upper", "work"].map((name) => {
	const path = join(sandbox.layerSpace.root, name);
	mkdirSync(path);
	chownSync(path, owner.uid, owner.gid);
	return path;
});
await sandbox.exec({
	argv: ["sh", "-c", `while :; do sleep 1; : ${nonce}; done`],
	env: {},
	cwd: "",
	stdin: new Uint8Array(),
	workspace: { kind: "overlay", lowers: [lower], upper, work },
	network: "none",
});
