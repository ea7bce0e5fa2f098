// Commits as many new files of 4 KiB as COUNT says to ROOT: `node commit-many.ts ROOT COUNT`. Killed half-way, it leaves what a recovery finishes.
import { createChangeset, createMemoryBlobs, treePath } from "@retake/changeset";
import { commitToWorktree } from "@retake/txfs";

const [root = "", count = "0"] = process.argv.slice(2);
const blobs = createMemoryBlobs();
const changes = Array.from({ length: Number(count) }, (_, number) => {
	const bytes = Buffer.alloc(4096, `file ${number}\n`);
	const now = { kind: "file", mode: 0o644, size: bytes.length, content: blobs.write(bytes) } as const;
	return { path: treePath(`made-${number}`), was: null, now };
});
await commitToWorktree({ root, changeset: createChangeset(changes), blobs, commitId: "many", onDrift: "refuse" });
