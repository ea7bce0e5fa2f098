import type { ChangesetId, RunId } from "@retake/base";
import { startRecording } from "@retake/recorder";
import { beginMemory, beginOverlay, type Transaction } from "@retake/txfs";
import { LiveSession } from "./live-session.ts";
import type { Base, CommitReport, CommitTarget, RuntimePorts, Session, SessionStart } from "./runtime.ts";
import type { RuntimeResources } from "./runtime-resources.ts";
import type { SharedSandbox } from "./shared-sandbox.ts";
import { toolSchemaHashes } from "./tools/tool-signatures.ts";

/** Starts sessions on the resources of one runtime. */
export class SessionFactory {
	readonly #resources: RuntimeResources;
	readonly #ports: RuntimePorts;
	readonly #commit: (runId: RunId, to: CommitTarget) => Promise<CommitReport>;

	constructor(
		resources: RuntimeResources,
		ports: RuntimePorts,
		commit: (runId: RunId, to: CommitTarget) => Promise<CommitReport>,
	) {
		this.#resources = resources;
		this.#ports = ports;
		this.#commit = commit;
	}

	/** Starts a session on a base: its run is on record when this returns, its sandbox opens with its first command. */
	async start(start: SessionStart): Promise<Session> {
		const sandbox = this.#resources.newSandbox();
		const transaction = this.beginTransaction(start.base, sandbox);
		return this.#open(start, transaction, sandbox, new OpenSessions(start.onEnd));
	}

	/** Begins a transaction on a base, without a session around it. */
	beginTransaction({ snapshot }: Base, sandbox: SharedSandbox): Transaction {
		const { store, owner, driver } = this.#resources;
		if (driver === null) return beginMemory({ base: snapshot, blobs: store.blobs });
		const space = async () => (await sandbox.get()).layerSpace;
		return beginOverlay({ snapshot, space, owner, blobs: store.blobs });
	}

	#open(
		start: SessionStart,
		transaction: Transaction,
		sandbox: SharedSandbox,
		open: OpenSessions,
		forkedAt: ChangesetId | null = null,
	): Session {
		const { store, limits, workspace, fingerprint, secrets } = this.#resources;
		const { base, kind, title, program, parentRunId = null, uses = [] } = start;
		const header = {
			parentRunId,
			kind,
			title,
			program,
			base: { treeId: base.snapshot.treeId, changesetId: forkedAt, commit: base.commit, workspace },
			sandbox: fingerprint,
			limits,
			tools: toolSchemaHashes,
		};
		const recording = startRecording({ store, ...this.#ports, header, uses, secrets });
		open.add();
		const fork = async (forked: Transaction, shared: SharedSandbox) => {
			const child = {
				...start,
				kind: "library",
				parentRunId: recording.runId,
				title: `fork of ${title}`,
				program: null,
			} as const;
			return this.#open(child, forked, shared, open, store.changesets.write(forked.changes()));
		};
		const onEnd = () => open.remove();
		return new LiveSession({ store, limits, transaction, sandbox, recording, fork, commit: this.#commit, onEnd });
	}
}

/** Counts a session and its forks, and tells when the last one has ended. */
class OpenSessions {
	#count = 0;
	readonly #onEnd: (() => Promise<void>) | undefined;

	constructor(onEnd: (() => Promise<void>) | undefined) {
		this.#onEnd = onEnd;
	}

	add(): void {
		this.#count++;
	}

	async remove(): Promise<void> {
		this.#count--;
		if (this.#count === 0) await this.#onEnd?.();
	}
}
