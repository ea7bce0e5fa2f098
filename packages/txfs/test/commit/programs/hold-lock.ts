// Commits to ROOT and stops half-way, holding the lock, until it is killed: `node hold-lock.ts ROOT`. Prints a line when it holds it.
import { createChangeset, createMemoryBlobs, treePath } from "@retake/changeset";
import { commitToWorktree } from "@retake/txfs";

const blobs = createMemoryBlobs();
const now = { kind: "file", mode: 0o644, size: 4, content: blobs.write(Buffer.from("held")) } as const;
const changeset = createChangeset([{ path: treePath("held"), was: null, now }]);
const stopping = {
	...blobs,
	*chunks(id: Parameters<typeof blobs.chunks>[0]) {
		process.stdout.write("held\n");
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
		yield* blobs.chunks(id);
	},
};
await commitToWorktree({
	root: process.argv[2] ?? "",
	changeset,
	blobs: stopping,
	commitId: "holder",
	onDrift: "refuse",
});
