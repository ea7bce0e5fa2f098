import type { RunId } from "@retake/base";
import {
	decodeHeader,
	type ForkPoint,
	type RunNetwork,
	type StartRecordingOptions,
	type StoredChange,
	startFork,
	startRecording,
} from "@retake/recorder";
import type { RunRecord } from "@retake/store";
import { beginMemory, type Transaction } from "@retake/txfs";
import { beginTransaction } from "./begin-transaction.ts";
import { ForkedLiveSession } from "./forked-session.ts";
import { LiveSession, type LiveSessionParts } from "./live-session.ts";
import type {
	Base,
	CommitReport,
	CommitTarget,
	ForkedSession,
	ForkRunOptions,
	RuntimePorts,
	Session,
	SessionStart,
} from "./runtime.ts";
import type { RuntimeResources } from "./runtime-resources.ts";
import { ServedTransaction } from "./served-transaction.ts";
import type { SharedSandbox } from "./shared-sandbox.ts";
import { baseChange, writeChange } from "./stored-attributes.ts";
import type { Fingerprint } from "./surroundings.ts";
import { toolSchemaHashes } from "./tools/tool-signatures.ts";

/** A start with what the session's commands reach, and what they find around them. */
interface StartedSession extends SessionStart {
	readonly network: RunNetwork | undefined;
	readonly fingerprint: Fingerprint;
}

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
		const network = start.door === undefined ? this.#resources.network : undefined;
		const fingerprint = await this.#resources.surroundings.fingerprint();
		const { limits } = this.#resources;
		const sandbox = this.#resources.newSandbox({
			limits,
			network,
			warm: start.warm,
			...(start.door === undefined ? {} : { door: start.door }),
		});
		const transaction = await this.beginTransaction(start.base, sandbox);
		return this.#open({ ...start, network, fingerprint }, transaction, sandbox, new OpenSessions(start.onEnd));
	}

	/** Starts a session that begins as a recorded run did, on the base of that run. */
	async fork(run: RunRecord, base: Base, options: ForkRunOptions): Promise<ForkedSession> {
		const { store, limits, secrets, durability } = this.#resources;
		const { kind, program, base: recorded, network: recordedNetwork, sandbox: surrounded } = decodeHeader(run.header);
		const { title = `fork of ${run.title}`, uses = [], onDivergence = "stop", door } = options;
		const network = door === undefined ? (this.#resources.network ?? recordedNetwork) : undefined;
		const fingerprint = await this.#resources.surroundings.fingerprint(surrounded);
		const start: StartedSession = { network, fingerprint, base, kind, title, program, parentRunId: run.runId, uses };
		const began = baseChange(recorded);
		// Before anything of the child is on record: a secret may be missing.
		const sandbox = this.#resources.newSandbox({
			limits,
			network,
			sandbox: surrounded,
			...(door === undefined ? {} : { door }),
		});
		const begun = await this.beginTransaction(base, sandbox);
		const recording = startFork({
			store,
			...this.#ports,
			header: this.#header(start, began),
			uses,
			secrets,
			durability,
			run: run.runId,
			at: forkPoint(options.at),
			onDivergence,
			onServedChange: (change) => transaction.note(change),
		});
		const transaction = new ServedTransaction(begun, store);
		if (began !== null) transaction.note(began);
		const open = new OpenSessions(undefined);
		const around = this.#around(start, recording.runId, open);
		const catchUp = () => transaction.catchUp();
		return new ForkedLiveSession({ store, limits, transaction, sandbox, recording, catchUp, ...around });
	}

	/** Begins a transaction on a base, without a session around it. */
	async beginTransaction(
		{ snapshot }: Base,
		sandbox: SharedSandbox,
		limits = this.#resources.limits,
	): Promise<Transaction> {
		const { store, owner, driver, layersFor } = this.#resources;
		if (driver === null) return beginMemory({ base: snapshot, blobs: store.blobs });
		return beginTransaction(snapshot, { sandbox, layers: await layersFor(), owner, blobs: store.blobs, limits });
	}

	#open(
		start: StartedSession,
		transaction: Transaction,
		sandbox: SharedSandbox,
		open: OpenSessions,
		forkedAt: StoredChange | null = null,
	): Session {
		const { store, limits, secrets, durability } = this.#resources;
		const header = this.#header(start, forkedAt);
		const recording = startRecording({ store, ...this.#ports, header, uses: start.uses ?? [], secrets, durability });
		const around = this.#around(start, recording.runId, open);
		return new LiveSession({ store, limits, transaction, sandbox, recording, ...around });
	}

	#header(start: StartedSession, began: StoredChange | null): StartRecordingOptions["header"] {
		const { base, kind, title, program, parentRunId = null, network, fingerprint } = start;
		const { limits, workspace } = this.#resources;
		return {
			parentRunId,
			kind,
			title,
			program,
			base: {
				treeId: base.snapshot.treeId,
				changesetId: began?.changesetId ?? null,
				...(began === null || began.attributesId === null ? {} : { attributesId: began.attributesId }),
				commit: base.commit,
				workspace,
			},
			sandbox: fingerprint,
			limits,
			...(network === undefined ? {} : { network }),
			tools: toolSchemaHashes,
		};
	}

	/** Returns what ties a session to its factory: how it is forked, committed and counted. */
	#around(
		start: StartedSession,
		runId: RunId,
		open: OpenSessions,
	): Pick<LiveSessionParts, "fork" | "commit" | "onEnd"> {
		open.add();
		const fork = async (forked: Transaction, shared: SharedSandbox) => {
			const child = {
				...start,
				kind: "library",
				parentRunId: runId,
				title: `fork of ${start.title}`,
				program: null,
			} as const;
			const change = { changeset: forked.changes(), attributes: forked.attributes() };
			return this.#open(child, forked, shared, open, writeChange(this.#resources.store, change));
		};
		return { fork, commit: this.#commit, onEnd: () => open.remove() };
	}
}

function forkPoint(at: ForkRunOptions["at"]): ForkPoint {
	if (at === undefined) return { kind: "all" };
	return typeof at === "number" ? { kind: "calls", count: at } : { kind: "before", address: at };
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
