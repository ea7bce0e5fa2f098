import type { SandboxLimits } from "@retake/base";
import { hashCanonical } from "@retake/changeset";
import type { RunNetwork } from "@retake/recorder";
import type { ExecResult } from "@retake/sandbox";
import type { Store } from "@retake/store";
import type { Snapshots, TreeOwner } from "@retake/txfs";
import { beginTransaction } from "./begin-transaction.ts";
import type { Base, Setup, SetupResult, Watch } from "./runtime.ts";
import type { SharedSandbox } from "./shared-sandbox.ts";

/** Longest time that a set-up command gets, milliseconds. */
const setupTimeoutMs = 15 * 60_000;

/** What a set-up runs in. */
export interface PrepareParts {
	readonly store: Store;
	readonly snapshots: Snapshots;
	readonly owner: TreeOwner | null;
	/** Opened for this set-up alone. */
	readonly sandbox: SharedSandbox;
	readonly layersFor: () => Promise<"overlay" | "copy">;
	readonly limits: SandboxLimits;
	/** Which driver and image the result depends on. */
	readonly environment: string;
	/** What the sandbox reaches besides what the set-up itself allows. */
	readonly network: RunNetwork | undefined;
}

/** Runs a set-up command over a base and keeps what it wrote as one more shared layer, found again by base, command and image. */
export async function prepareBase(base: Base, setup: Setup, parts: PrepareParts, watch: Watch): Promise<SetupResult> {
	const { store, snapshots, owner, sandbox, layersFor, limits, environment, network } = parts;
	const key = hashCanonical({
		treeId: base.snapshot.treeId,
		command: setup.command,
		allow: [...(network?.allow ?? []), ...setup.allow].toSorted(),
		environment,
	});
	const known = snapshots.find(key);
	if (known !== null) return { base: { ...base, snapshot: known }, cached: true, exec: null };
	const layers = await layersFor();
	await using transaction = beginTransaction(base.snapshot, { sandbox, layers, owner, blobs: store.blobs, limits });
	const room = await sandbox.get();
	const { value: exec, ...change } = await transaction.step<ExecResult>(async (layer) => {
		if (layer.mount === null) throw new TypeError("the layers of a set-up can be mounted");
		return room.exec({
			argv: ["/bin/sh", "-c", setup.command],
			env: {},
			cwd: "",
			stdin: new Uint8Array(),
			workspace: layer.mount,
			timeoutMs: setupTimeoutMs,
			network: "none",
			...(watch.signal === undefined ? {} : { signal: watch.signal }),
		});
	});
	if (exec.exitCode !== 0) return { base: null, cached: false, exec };
	const snapshot = snapshots.extend(base.snapshot, change, key);
	return { base: { ...base, snapshot }, cached: false, exec };
}
