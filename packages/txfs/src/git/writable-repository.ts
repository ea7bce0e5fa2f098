import { RetakeError } from "@retake/base";
import { findRepository } from "./find-repository.ts";
import { readGitConfiguration } from "./git-configuration.ts";

/** A repository that objects and refs can be written to. */
export interface WritableRepository {
	/** Holds what all its working trees share: objects, refs and configuration. */
	readonly common: string;
	readonly isBare: boolean;
	/** Whether a branch gets a reflog when it is made. */
	readonly logsRefs: boolean;
}

const versionMax = 1;

/**
 * Opens the repository whose root a directory is, for writing. Throws `REPOSITORY_NOT_FOUND`, and `USAGE` for one whose objects or
 * refs are kept in a way that cannot be written here.
 */
export function openWritableRepository(repository: string): WritableRepository {
	const { commonDirectory: common } = findRepository(repository);
	const settings = readGitConfiguration(common);
	const version = Number(settings.get("core.repositoryformatversion") ?? 0);
	if (!(version <= versionMax)) throw unsupported(`${repository} has the repository format ${version}`);
	const objectFormat = settings.get("extensions.objectformat") ?? "sha1";
	if (objectFormat.toLowerCase() !== "sha1") throw unsupported(`${repository} keeps its objects by ${objectFormat}`);
	const refStorage = settings.get("extensions.refstorage") ?? "files";
	if (refStorage.toLowerCase() !== "files") throw unsupported(`${repository} keeps its refs as ${refStorage}`);
	const isBare = settings.flag("core.bare") === true;
	const logs = settings.get("core.logallrefupdates")?.toLowerCase();
	const logsRefs = logs === undefined ? !isBare : logs === "always" || settings.flag("core.logallrefupdates") === true;
	return { common, isBare, logsRefs };
}

function unsupported(what: string): RetakeError {
	return new RetakeError("USAGE", `${what}, which Retake cannot write`, {
		sort: "misuse",
		remedy: "commit to the working tree or a patch file, and make the git commit yourself",
	});
}
