import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { systemClock } from "@retake/base";
import { openStore, type Store } from "@retake/store";
import { openSnapshots, type Snapshots } from "@retake/txfs";

const program = fileURLToPath(new URL("snapshot-process.ts", import.meta.url));

/** What `snapshot-process.ts` says. */
export interface ProcessAnswer {
	readonly treeId?: string;
	readonly fileCount?: number;
	readonly code?: string;
	readonly data?: unknown;
}

/** A directory to take snapshots of, and a store for them, removed at disposal. */
export class SnapshotRoom implements Disposable {
	readonly path = mkdtempSync(join(tmpdir(), "retake-snapshot-room-"));
	readonly workspace = join(this.path, "workspace");
	readonly store: Store;
	readonly snapshots: Snapshots;

	constructor() {
		mkdirSync(this.workspace);
		this.store = openStore(join(this.path, "store"), { clock: systemClock });
		this.snapshots = openSnapshots({ store: this.store, owner: null });
	}

	at(path: string): string {
		return join(this.workspace, path);
	}

	/** Writes files, some lines each, ten to a directory. */
	plant(count: number): void {
		for (let index = 0; index < count; index++) {
			if (index % 10 === 0) mkdirSync(this.at(`d${index / 10}`));
			writeFileSync(this.at(`d${Math.floor(index / 10)}/f${index}`), `line of ${index}\n`.repeat(1 + (index % 40)));
		}
	}

	/** What lies in the directory of snapshots, half-made or not. */
	trees(): string[] {
		return readdirSync(this.store.treesDirectory);
	}

	/** Takes a snapshot in a store of its own, as if nothing had been there before. */
	async freshTreeId(): Promise<string> {
		const place = mkdtempSync(join(this.path, "fresh-"));
		using store = openStore(place, { clock: systemClock });
		using snapshots = openSnapshots({ store, owner: null });
		return (await snapshots.fromDirectory(this.workspace)).treeId;
	}

	/** Starts another process that takes a snapshot into the same store. */
	start(...words: readonly string[]): ChildProcess {
		const argv = [program, this.workspace, this.store.directory, ...words];
		return spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "pipe"] });
	}

	[Symbol.dispose](): void {
		this.snapshots[Symbol.dispose]();
		this.store[Symbol.dispose]();
		rmSync(this.path, { recursive: true });
	}
}

/** Reads what a process that `start` started has to say; null where it was killed first. */
export async function answerOf({ stdout }: ChildProcess): Promise<ProcessAnswer | null> {
	const said = stdout === null ? "" : await text(stdout);
	return said === "" ? null : (JSON.parse(said) as ProcessAnswer);
}
