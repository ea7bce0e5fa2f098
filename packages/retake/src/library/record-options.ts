import { openRuntime, type Runtime } from "@retake/runtime";

/** Where runs are recorded. */
export interface RecordOptions {
	readonly workspace: string;
	/** Directory of the store; `.retake` in the workspace where absent. */
	readonly store?: string;
}

/** Opens the records of a workspace; no sandbox is needed. */
export async function openRecordsOf({ workspace, store }: RecordOptions): Promise<Runtime> {
	return openRuntime({ workspace, sandbox: "none", ...(store === undefined ? {} : { store }) });
}
