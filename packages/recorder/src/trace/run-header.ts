import type { BlobId, ChangesetId, RunId, SandboxLimits, TreeId, ValueHash } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { RunKind } from "@retake/store";
import type { StreamSeed } from "../random-streams.ts";
import type { semanticsVersion } from "./upgrade/semantics-version.ts";

/** The tree that a run started from. */
export interface RunBase {
	readonly treeId: TreeId;
	/** What lay over that tree already: the changes of the session that the run was forked from; null for none. */
	readonly changesetId: ChangesetId | null;
	/** Blob with the attributes beside those changes; absent where nothing is known of them. */
	readonly attributesId?: BlobId;
	/** The git commit that the tree was taken from; null for a working tree. */
	readonly commit: string | null;
	/** For people: where the workspace was. */
	readonly workspace: string;
}

/** What a run's commands may reach. Values of secrets are not part of it. */
export interface RunNetwork {
	/** Entries of the allow-list, as they were given. */
	readonly allow: readonly string[];
	/** Which secret the proxy puts into which header of requests to which host. */
	readonly secrets: readonly {
		readonly name: string;
		readonly to: string;
		readonly header: string;
		readonly format: string;
	}[];
}

/** What a run needs to be started again, and everything known that could change its outcome. */
export interface RunHeader {
	/** Which rules of recording and replay the log follows. */
	readonly semanticsVersion: typeof semanticsVersion;
	readonly runId: RunId;
	readonly parentRunId: RunId | null;
	readonly kind: RunKind;
	readonly title: string;
	/** Milliseconds since 1970. */
	readonly startedAt: number;
	/** What must be run again to replay the run: written and read by whoever records. */
	readonly program: CanonicalValue;
	readonly base: RunBase;
	/** Fingerprint of the sandbox: driver, kernel, versions, image, mitigations. */
	readonly sandbox: Readonly<Record<string, string>>;
	readonly limits: SandboxLimits;
	/** Absent where there is no network. */
	readonly network?: RunNetwork;
	/** What random numbers and UUIDs are drawn from; null for a run that has each of them on record, or that draws none. */
	readonly seed: StreamSeed | null;
	/** Hash of each tool's JSON schema, by the tool's name. */
	readonly tools: Readonly<Record<string, ValueHash>>;
}
