import { Buffer } from "node:buffer";
import { spawnSync } from "node:child_process";
import {
	chmodSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type Blobs,
	createMemoryTree,
	type MemoryTree,
	rawTextFromBytes,
	rawTextToBytes,
	type TreePlace,
	treePathFromBytes,
	treePathToBytes,
	walkTree,
} from "@retake/changeset";

export interface Scratch extends Disposable {
	readonly path: string;
}

export function scratchDirectory(): Scratch {
	const path = mkdtempSync(join(tmpdir(), "changeset-"));
	return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function at(root: string, name: Uint8Array): Buffer {
	return Buffer.concat([Buffer.from(`${root}/`), name]);
}

export function writeTree(tree: MemoryTree, root: string): void {
	mkdirSync(root, { recursive: true });
	for (const { path, node } of walkTree(tree)) {
		const target = at(root, treePathToBytes(path));
		if (node.kind === "directory") mkdirSync(target);
		else if (node.kind === "symlink") symlinkSync(Buffer.from(rawTextToBytes(node.target) as Uint8Array), target);
		else {
			writeFileSync(target, tree.blobs.read(node.content));
			chmodSync(target, node.mode);
		}
	}
}

export function readTree(root: string, blobs: Blobs): MemoryTree {
	const places: TreePlace[] = [];
	const waiting: Uint8Array[] = [Buffer.alloc(0)];
	for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
		for (const name of readdirSync(at(root, directory), { encoding: "buffer" })) {
			const full = directory.length === 0 ? name : Buffer.concat([directory, Buffer.from("/"), name]);
			const path = treePathFromBytes(full);
			const location = at(root, full);
			const status = lstatSync(location);
			const mode = status.mode & 0o777;
			if (status.isDirectory()) {
				places.push({ path, node: { kind: "directory", mode } });
				waiting.push(full);
			} else if (status.isSymbolicLink()) {
				const target = rawTextFromBytes(readlinkSync(location, { encoding: "buffer" }));
				places.push({ path, node: { kind: "symlink", target } });
			} else {
				const bytes = readFileSync(location);
				places.push({ path, node: { kind: "file", mode, size: bytes.length, content: blobs.write(bytes) } });
			}
		}
	}
	return createMemoryTree(places, blobs);
}

export interface GitResult {
	readonly status: number | null;
	readonly stdout: Buffer;
	readonly stderr: string;
}

/** Runs the real git, with no configuration of the machine's. */
export function git(cwd: string, args: readonly string[], input?: Uint8Array): GitResult {
	const result = spawnSync("git", args, {
		cwd,
		input: input ?? Buffer.alloc(0),
		maxBuffer: 64 * 1024 ** 2,
		env: {
			PATH: "/usr/bin:/bin",
			LC_ALL: "C",
			HOME: cwd,
			GIT_CONFIG_NOSYSTEM: "1",
			GIT_CONFIG_GLOBAL: "/dev/null",
			GIT_CEILING_DIRECTORIES: "/",
		},
	});
	if (result.error !== undefined) throw result.error;
	return { status: result.status, stdout: result.stdout, stderr: result.stderr.toString() };
}
