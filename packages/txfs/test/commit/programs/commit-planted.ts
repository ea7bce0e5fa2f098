// Commits in a process of its own, under another user or under strace: `node commit-planted.ts TARGET ROOT CHANGES CONTENTS`. TARGET is
// `worktree`, `branch:BASE` or `patch:FILE`; CHANGES and CONTENTS, a list of texts, are JSON. Prints the outcome's kind, or the error.
import { isRetakeError } from "@retake/base";
import { createChangeset, createMemoryBlobs } from "@retake/changeset";
import { commitToBranch, commitToPatch, commitToWorktree } from "@retake/txfs";

const [target = "", root = "", changes = "[]", contents = "[]"] = process.argv.slice(2);
const blobs = createMemoryBlobs();
for (const text of JSON.parse(contents)) blobs.write(Buffer.from(String(text)));
const changeset = createChangeset(JSON.parse(changes));
const [kind, detail = ""] = target.split(":");

async function commit(): Promise<string> {
	if (kind === "patch") {
		commitToPatch({ file: detail, changeset, blobs, overwrite: false });
		return "committed";
	}
	if (kind === "branch") {
		const author = { name: "T", email: "t@example.org", timestamp: 1_700_000_000, timezoneOffset: 0 };
		const place = { repository: root, branch: "planted", base: detail };
		return (await commitToBranch({ ...place, changeset, blobs, author, message: "planted" })).kind;
	}
	return (await commitToWorktree({ root, changeset, blobs, commitId: "planted", onDrift: "refuse" })).kind;
}

try {
	process.stdout.write(`${JSON.stringify({ kind: await commit() })}\n`);
} catch (error) {
	if (!isRetakeError(error)) throw error;
	process.stdout.write(`${JSON.stringify({ kind: "threw", code: error.code, remedy: error.remedy })}\n`);
}
