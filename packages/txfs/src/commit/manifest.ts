import { type BlobId, isRetakeError, RetakeError, sha256 } from "@retake/base";
import {
	type Change,
	isKeptAttribute,
	refuseProtected,
	type TreeNode,
	type TreePath,
	treePath,
} from "@retake/changeset";
import type { Reattribution } from "./reattribute.ts";

/** What a commit is going to do, as its journal entry holds it. Change number n has the slot n among the entry's contents. */
export interface Manifest {
	readonly commitId: string;
	readonly changes: readonly Change[];
	readonly reattributions: readonly Reattribution[];
}

const format = "retake-commit-journal";
const version = 2;
/** The first version, which knew no attributes. */
const versionMin = 1;

/** Encodes a manifest: a line that names format, version and the hash of the rest, and a line of JSON. */
export function encodeManifest(manifest: Manifest): Uint8Array {
	const body = JSON.stringify({
		commitId: manifest.commitId,
		changes: manifest.changes,
		reattributions: manifest.reattributions.map(encodeReattribution),
	});
	const header = JSON.stringify({ format, version, sha256: sha256(Buffer.from(body)) });
	return Buffer.from(`${header}\n${body}\n`);
}

/**
 * Decodes a manifest and checks every part of it. Throws `STORE_NEWER` for one of a newer version, `STORE_DAMAGED` for one
 * that is cut off, altered, of another commit, or names a path that Retake never writes.
 */
export function decodeManifest(bytes: Uint8Array, commitId: string): Manifest {
	const [headerLine = "", body = "", end, ...more] = Buffer.from(bytes).toString("utf8").split("\n");
	const header = parse(headerLine, commitId);
	if (!isRecord(header) || header["format"] !== format) throw damaged(commitId, "its first line is not a manifest's");
	if (typeof header["version"] === "number" && header["version"] > version) {
		throw new RetakeError("STORE_NEWER", `the commit ${commitId} was begun by a newer version of Retake`, {
			remedy: "finish it with that version, by opening the workspace once",
			data: { commitId, version: header["version"] },
		});
	}
	if (header["version"] !== version && header["version"] !== versionMin)
		throw damaged(commitId, "its version is none that ever was");
	if (end !== "" || more.length > 0) throw damaged(commitId, "it is cut off or has more lines than two");
	if (header["sha256"] !== sha256(Buffer.from(body))) throw damaged(commitId, "its hash does not hold");
	const content = parse(body, commitId);
	if (!isRecord(content) || content["commitId"] !== commitId || !Array.isArray(content["changes"])) {
		throw damaged(commitId, "it belongs to another commit");
	}
	const reattributions: unknown = header["version"] === versionMin ? [] : content["reattributions"];
	if (!Array.isArray(reattributions)) throw damaged(commitId, "it has no list of attributes");
	return {
		commitId,
		changes: content["changes"].map((change) => decodeChange(change, commitId)),
		reattributions: reattributions.map((each) => decodeReattribution(each, commitId)),
	};
}

function encodeReattribution({ path, xattrs, mtimeNs }: Reattribution): object {
	return {
		path,
		xattrs: xattrs.map(({ name, value }) => [name, Buffer.from(value).toString("base64")]),
		mtimeNs: mtimeNs === null ? null : String(mtimeNs),
	};
}

function decodeReattribution(value: unknown, commitId: string): Reattribution {
	if (!isRecord(value) || !Array.isArray(value["xattrs"])) throw damaged(commitId, "an attribute has no path");
	const xattrs = value["xattrs"].map((pair: unknown) => {
		const [name, content]: readonly unknown[] = Array.isArray(pair) ? pair : [];
		if (typeof name !== "string" || typeof content !== "string" || !isKeptAttribute(name))
			throw damaged(commitId, "it sets an attribute that Retake never sets");
		return { name, value: Buffer.from(content, "base64") };
	});
	const { mtimeNs } = value;
	if (mtimeNs !== null && (typeof mtimeNs !== "string" || !/^-?\d{1,20}$/.test(mtimeNs)))
		throw damaged(commitId, "a time is none");
	return { path: decodePath(value["path"], commitId), xattrs, mtimeNs: mtimeNs === null ? null : BigInt(mtimeNs) };
}

function decodePath(path: unknown, commitId: string): TreePath {
	if (typeof path !== "string") throw damaged(commitId, "a change has no path");
	try {
		const decoded = treePath(path);
		refuseProtected(decoded);
		return decoded;
	} catch (cause) {
		if (isRetakeError(cause, "PATH_REFUSED")) throw damaged(commitId, cause.message, cause);
		throw cause;
	}
}

function decodeChange(value: unknown, commitId: string): Change {
	if (!isRecord(value)) throw damaged(commitId, "a change has no path");
	const path = decodePath(value["path"], commitId);
	return { path, was: decodeNode(value["was"], commitId), now: decodeNode(value["now"], commitId) };
}

function decodeNode(value: unknown, commitId: string): TreeNode | null {
	if (value === null) return null;
	if (!isRecord(value)) throw damaged(commitId, "a change holds no node");
	const { kind, mode, size, content, target } = value;
	const hasMode = typeof mode === "number" && Number.isInteger(mode) && mode >= 0 && mode <= 0o777;
	if (kind === "directory" && hasMode) return { kind, mode };
	if (kind === "symlink" && typeof target === "string") return { kind, target };
	const hasContent = typeof content === "string" && /^[0-9a-f]{64}$/.test(content);
	if (kind === "file" && hasMode && hasContent && Number.isSafeInteger(size)) {
		return { kind, mode, size: size as number, content: content as BlobId };
	}
	throw damaged(commitId, "a change holds no node");
}

function parse(line: string, commitId: string): unknown {
	try {
		return JSON.parse(line);
	} catch (cause) {
		throw damaged(commitId, "a line is not JSON", cause);
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged(commitId: string, why: string, cause?: unknown): RetakeError {
	return new RetakeError("STORE_DAMAGED", `the journal of commit ${commitId} cannot be trusted: ${why}`, {
		cause,
		remedy: `look at .retake/journal/${commitId}; move it away to give the commit up, leaving the tree as it is`,
		data: { commitId },
	});
}
