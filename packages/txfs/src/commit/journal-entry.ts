import { constants, readdirSync, readFileSync } from "node:fs";
import { RetakeError } from "@retake/base";
import {
	fileStatusAt,
	isSystemCallError,
	OpenDescriptor,
	openBeneath,
	removeDirectoryAt,
	renameAt,
	unlinkAt,
} from "@retake/linux";
import { writeAll } from "../disk/write-all.ts";
import type { Durability } from "./durability.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";
import { ensureDirectory, inheritOwner, openDirectoryIn } from "./state-directory.ts";

const journalName = "journal";
const contentsName = "contents";
const preparedName = "manifest.prepared";
const manifestName = "manifest";

/**
 * One commit in the journal: `.retake/journal/<commitId>/`. It holds `contents/<n>`, the slot of change n, and the manifest.
 * The manifest's rename from `manifest.prepared` to `manifest` is the commit point: an entry without `manifest` never
 * happened. Removing `manifest` closes the entry; what is left of it is then rubbish.
 */
export class JournalEntry implements Disposable {
	readonly commitId: string;
	readonly directory: OpenDescriptor;
	readonly contents: OpenDescriptor;
	readonly #journal: OpenDescriptor;

	private constructor(commitId: string, journal: OpenDescriptor, directory: OpenDescriptor, contents: OpenDescriptor) {
		this.commitId = commitId;
		this.#journal = journal;
		this.directory = directory;
		this.contents = contents;
	}

	/** Opens a new, empty entry. Throws `USAGE` for an id that is no plain name or that an entry already has. */
	static create(state: OpenDescriptor, commitId: string): JournalEntry {
		if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(commitId)) {
			throw new RetakeError("USAGE", `${JSON.stringify(commitId)} cannot name a commit`, {
				sort: "misuse",
				remedy: "use up to 128 letters, digits, _ and -, for example a run's id",
			});
		}
		using journal = ensureDirectory(state.descriptor, journalName);
		if (fileStatusAt(journal.descriptor, commitId) !== null) {
			throw new RetakeError("USAGE", `the commit ${commitId} is already in the journal`, {
				sort: "misuse",
				remedy: "give every commit an id of its own",
			});
		}
		try {
			return JournalEntry.open(state, commitId);
		} catch (error) {
			removeTree(journal.descriptor, commitId);
			throw error;
		}
	}

	/** Opens an entry that a process left behind. */
	static open(state: OpenDescriptor, commitId: string): JournalEntry {
		using opened = new DisposableStack();
		const journal = opened.use(ensureDirectory(state.descriptor, journalName));
		const directory = opened.use(ensureDirectory(journal.descriptor, commitId));
		const contents = opened.use(ensureDirectory(directory.descriptor, contentsName));
		opened.move();
		return new JournalEntry(commitId, journal, directory, contents);
	}

	/** Writes the manifest under its first name. Nothing is committed by it. */
	prepare(manifest: Manifest, durability: Durability): void {
		const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
		using file = new OpenDescriptor(openBeneath(this.directory.descriptor, preparedName, flags, 0o600));
		writeAll(file.descriptor, encodeManifest(manifest), 0);
		inheritOwner(this.directory.descriptor, file.descriptor);
		durability.written(file.descriptor);
		durability.written(this.contents.descriptor);
		durability.written(this.directory.descriptor);
		durability.written(this.#journal.descriptor);
	}

	/** Passes the commit point: one rename. */
	reachCommitPoint(): void {
		renameAt(this.directory.descriptor, preparedName, this.directory.descriptor, manifestName);
	}

	/** Removes the manifest: the commit is done, and nothing will ever take it up again. */
	close(): void {
		unlinkAt(this.directory.descriptor, manifestName);
	}

	/** Reads the manifest, or returns null where the commit point was not reached. Throws `STORE_NEWER`, `STORE_DAMAGED`. */
	readManifest(): Manifest | null {
		try {
			using file = new OpenDescriptor(openBeneath(this.directory.descriptor, manifestName));
			return decodeManifest(readFileSync(file.descriptor), this.commitId);
		} catch (error) {
			if (isSystemCallError(error, "ENOENT")) return null;
			throw error;
		}
	}

	/** Removes all of the entry. Only for one without a manifest. */
	discard(): void {
		removeTree(this.#journal.descriptor, this.commitId);
	}

	[Symbol.dispose](): void {
		this.contents[Symbol.dispose]();
		this.directory[Symbol.dispose]();
		this.#journal[Symbol.dispose]();
	}
}

/** Returns the ids of all entries in the journal, in order of their names. */
export function listJournal(state: OpenDescriptor): readonly string[] {
	using journal = openDirectoryIn(state.descriptor, journalName);
	return journal === null ? [] : readdirSync(journal.path).toSorted();
}

/** Removes a name and all that is under it, following no link and leaving the directory by none. */
function removeTree(parent: number, name: string | Buffer): void {
	const status = fileStatusAt(parent, name);
	if (status === null) return;
	if (status.kind !== "directory") return unlinkAt(parent, name);
	{
		const flags = constants.O_RDONLY | constants.O_DIRECTORY;
		using directory = new OpenDescriptor(openBeneath(parent, name, flags));
		for (const entry of readdirSync(directory.path, { encoding: "buffer" })) removeTree(directory.descriptor, entry);
	}
	removeDirectoryAt(parent, name);
}
