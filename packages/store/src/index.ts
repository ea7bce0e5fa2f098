export { type OpenStoreOptions, openStore } from "./open-store.ts";
export { type OpenTapeFileOptions, openTapeFile } from "./open-tape-file.ts";
export type { Reference } from "./reference-table.ts";
export type { EventRecord, RunEnd, RunKind, RunRecord, RunState } from "./run-record.ts";
export type {
	ChangesetTable,
	Durability,
	EventTable,
	FactKind,
	FactTable,
	GarbageReport,
	RunTable,
	Store,
} from "./store.ts";
