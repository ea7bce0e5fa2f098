import { hashCanonical } from "@retake/changeset";
import type { ExecResult } from "@retake/sandbox";
import type { Store } from "@retake/store";
import { beginOverlay, type Snapshots, type TreeOwner } from "@retake/txfs";
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
	/** Which driver and image the result depends on. */
	readonly environment: string;
}

/** Runs a set-up command over a base and keeps what it wrote as one more shared layer, found again by base, command and image. */
export async function prepareBase(base: Base, setup: Setup, parts: PrepareParts, watch: Watch): Promise<SetupResult> {
	const { store, snapshots, owner, sandbox, environment } = parts;
	const key = hashCanonical({
		treeId: base.snapshot.treeId,
		command: setup.command,
		network: setup.network,
		environment,
	});
	const known = snapshots.find(key);
	if (known !== null) return { base: { ...base, snapshot: known }, cached: true, exec: null };
	const space = async () => (await sandbox.get()).layerSpace;
	await using transaction = beginOverlay({ snapshot: base.snapshot, space, owner, blobs: store.blobs });
	const room = await sandbox.get();
	const { value: exec, changeset } = await transaction.step<ExecResult>(async (layer) => {
		if (layer.mount === null) throw new TypeError("an overlay layer can be mounted");
		return room.exec({
			argv: ["/bin/sh", "-c", setup.command],
			env: {},
			cwd: "",
			stdin: new Uint8Array(),
			workspace: layer.mount,
			timeoutMs: setupTimeoutMs,
			network: setup.network,
			...(watch.signal === undefined ? {} : { signal: watch.signal }),
		});
	});
	if (exec.exitCode !== 0) return { base: null, cached: false, exec };
	const snapshot = snapshots.extend(base.snapshot, changeset, key);
	return { base: { ...base, snapshot }, cached: false, exec };
}
