import type { GitObjects } from "./git-objects.ts";
import { damagedObjects } from "./read-exactly.ts";

/** What a commit object says of its place in history. */
export interface CommitLinks {
	/** Object name of its tree. */
	readonly tree: string;
	readonly parents: readonly string[];
}

/** Who made a commit, and when. */
export interface CommitAuthor {
	readonly name: string;
	readonly email: string;
	/** Seconds since 1970. */
	readonly timestamp: number;
	/** Minutes that must be added to local time to get UTC: -60 for Berlin in winter. */
	readonly timezoneOffset: number;
}

/** Reads a commit, passing from an annotated tag to what it names. Returns null where the repository has no such commit. */
export function readCommitLinks(objects: GitObjects, oid: string): (CommitLinks & { readonly oid: string }) | null {
	let name = oid;
	for (;;) {
		const found = objects.read(name);
		if (found === null) return null;
		const header = Buffer.from(found.bytes).toString("latin1").split("\n\n", 1)[0] ?? "";
		if (found.type === "tag") {
			const target = /^object ([0-9a-f]{40})$/m.exec(header)?.[1];
			if (target === undefined) throw damagedObjects(name, "the tag names nothing");
			name = target;
			continue;
		}
		if (found.type !== "commit") return null;
		const tree = /^tree ([0-9a-f]{40})$/m.exec(header)?.[1];
		if (tree === undefined) throw damagedObjects(name, "the commit has no tree");
		const parents = [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map((match) => match[1] ?? "");
		return { oid: name, tree, parents };
	}
}

/** Encodes a commit object. */
export function encodeCommit(links: CommitLinks, author: CommitAuthor, message: string): Uint8Array {
	const signature = spellSignature(author);
	return Buffer.from(
		[
			`tree ${links.tree}`,
			...links.parents.map((parent) => `parent ${parent}`),
			`author ${signature}`,
			`committer ${signature}`,
			"",
			`${message.replaceAll("\0", "").trimEnd()}\n`,
		].join("\n"),
	);
}

/** Spells who and when as git does in commits and reflogs. What would end a field early is left out of names, as git leaves it out. */
export function spellSignature({ name, email, timestamp, timezoneOffset }: CommitAuthor): string {
	const minutes = Math.abs(timezoneOffset);
	const zone = String(Math.floor(minutes / 60)).padStart(2, "0") + String(minutes % 60).padStart(2, "0");
	return `${cleaned(name)} <${cleaned(email)}> ${timestamp} ${timezoneOffset > 0 ? "-" : "+"}${zone}`;
}

function cleaned(text: string): string {
	// Source: strbuf_addstr_without_crud() in git's ident.c.
	return text.replaceAll(/[<>\n\0]/g, "").replaceAll(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, "");
}
