import type { BlobReader } from "../blobs.ts";
import type { Change, Changeset } from "../changeset.ts";
import { baseName } from "../path/path-parts.ts";
import type { TreePath } from "../tree-path.ts";
import { changedScripts } from "./changed-scripts.ts";
import { type RiskKind, riskOfName } from "./risky-names.ts";

/** A path that a changeset touches and that some program may obey outside every sandbox, once the change is kept. */
export interface Risk {
	readonly path: TreePath;
	readonly kind: RiskKind;
	/** Why it is listed, in a few words; may quote the tree, so a terminal needs it escaped. */
	readonly reason: string;
}

const reasons: Readonly<Record<RiskKind, string>> = {
	environment: "a shell may load it on entering the directory",
	editor: "an editor may run tasks or programs that it names",
	"continuous-integration": "a build server runs what it says, often with secrets",
	agent: "a coding agent takes instructions, tools or permissions from it",
	hook: "git runs what it names",
	"git-settings": "it chooses filters, drivers or repositories for git",
	"package-script": "a package manager obeys it when it installs",
	"build-script": "a build or a test run executes it",
	"link-outside": "a link that leads out of the tree",
};

/**
 * Finds what a reader of a changeset should look at first, in the order of its paths: settings that shells, editors, build
 * servers, agents, git and package managers act on, scripts of a `package.json`, and links that lead out of the tree. It goes by
 * names and says nothing about whether a change is good; a path that is only deleted is not listed.
 */
export function findRisks({ changes }: Changeset, blobs: Pick<BlobReader, "read">): readonly Risk[] {
	return changes.flatMap((change): readonly Risk[] => {
		const { path, now } = change;
		if (now === null || now.kind === "directory") return [];
		if (now.kind === "symlink" && leadsOutside(path, now.target)) {
			return [{ path, kind: "link-outside", reason: reasons["link-outside"] }];
		}
		const kind = riskOfName(path);
		if (kind !== null) return [{ path, kind, reason: reasons[kind] }];
		return baseName(path).toLowerCase() === "package.json" ? scriptRisks(change, blobs) : [];
	});
}

function scriptRisks(change: Change, blobs: Pick<BlobReader, "read">): readonly Risk[] {
	const changed = changedScripts(change, blobs);
	if (changed === null) {
		return [{ path: change.path, kind: "package-script", reason: "its scripts cannot be read" }];
	}
	if (changed.length === 0) return [];
	return [{ path: change.path, kind: "package-script", reason: `it changes ${changed.join(", ")}` }];
}

function leadsOutside(path: TreePath, target: string): boolean {
	if (target.startsWith("/")) return true;
	let depth = path.split("/").length - 1;
	for (const component of target.split("/")) {
		if (component === "..") depth--;
		else if (component !== "" && component !== ".") depth++;
		if (depth < 0) return true;
	}
	return false;
}
