import { closeSync, constants, existsSync, fstatSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { isSystemCallError } from "@retake/linux";
import { writeAll } from "../../disk/write-all.ts";
import { type CommitAuthor, spellSignature } from "../objects/commit-object.ts";
import { adoptFile } from "../shared-permissions.ts";
import type { WritableRepository } from "../writable-repository.ts";
import { makeRefParents, removeEmptyDirectories } from "./ref-directories.ts";

/** One line of a reflog. */
export interface RefMove {
	/** Null where the ref was made. */
	readonly from: string | null;
	readonly to: string;
	readonly who: CommitAuthor;
	/** What git shows in `git reflog`; one line. */
	readonly why: string;
}

const noObject = "0".repeat(40);

/** Writes down where a branch went, where `core.logAllRefUpdates` asks for it or the branch has a log already, as git does. */
export function logRef({ common, logsRefs }: WritableRepository, ref: string, move: RefMove): void {
	const path = join(common, "logs", ref);
	if (!logsRefs && !existsSync(path)) return;
	makeRefParents(common, `logs/${ref}`);
	const why = move.why.replaceAll(/\s+/g, " ").trim();
	const line = `${move.from ?? noObject} ${move.to} ${spellSignature(move.who)}\t${why}\n`;
	const descriptor = openLog(path);
	try {
		const { size } = fstatSync(descriptor);
		if (size === 0) adoptFile(descriptor, dirname(path), 0o644);
		writeAll(descriptor, Buffer.from(line), size);
	} finally {
		closeSync(descriptor);
	}
}

function openLog(path: string): number {
	const flags = constants.O_CREAT | constants.O_WRONLY;
	try {
		return openSync(path, flags, 0o644);
	} catch (error) {
		if (!isSystemCallError(error, "EISDIR")) throw error;
	}
	// The logs of branches beneath this name, which are gone.
	removeEmptyDirectories(path);
	return openSync(path, flags, 0o644);
}
