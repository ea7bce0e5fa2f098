import { rawTextFromBytes, type TreePath } from "@retake/changeset";

/** Gives a seeded stream of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** One place of a tree to be made. */
export interface PlannedNode {
	readonly path: TreePath;
	readonly kind: "file" | "directory" | "symlink" | "link";
	readonly mode: number;
	readonly mtimeNs: bigint;
	readonly xattrs: readonly { readonly name: Buffer; readonly value: Buffer }[];
	/** Of a file: what is written where; of a symbolic link and a hard link: what it points to, or whose name it is. */
	readonly writes: readonly { readonly offset: number; readonly bytes: Buffer }[];
	readonly size: number;
	readonly target: Buffer;
	readonly linkOf: TreePath | null;
}

const blockBytes = 4096;

/**
 * Plans a tree of at most a dozen places from a seed: every kind, empty directories, any mode, times before 1970 and to the
 * nanosecond, holes, extended attributes, hard links across directories, and names of any bytes up to 255 of them.
 */
export function planTree(seed: number): readonly PlannedNode[] {
	const random = seeded(seed);
	const below = (bound: number): number => Math.floor(random() * bound);
	const someBytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => below(256)));
	const someName = (): Buffer => {
		const length = random() < 0.05 ? 255 : 1 + below(12);
		const bytes =
			random() < 0.5 ? someBytes(length) : Buffer.from("abcdefgh \u00e9\n-".slice(below(8)).slice(0, length));
		for (const [index, byte] of bytes.entries()) if (byte === 0 || byte === 0x2f || byte === 0x2e) bytes[index] = 0x5f;
		return bytes.length === 0 ? Buffer.from("x") : bytes;
	};
	const someTime = (): bigint => {
		const seconds = BigInt(below(2 ** 31)) * (random() < 0.1 ? -1n : 1n);
		return seconds * 1_000_000_000n + BigInt(below(1_000_000_000));
	};
	const someXattrs = (): PlannedNode["xattrs"] => {
		const names = new Map<string, Buffer>();
		for (let count = random() < 0.4 ? 1 + below(3) : 0; count > 0; count--) {
			const name = Buffer.concat([Buffer.from("user."), someName().subarray(0, 40)]);
			names.set(name.toString("latin1"), name);
		}
		return Array.from(names.values(), (name) => ({ name, value: someBytes(below(60)) }));
	};
	const planned = new Map<TreePath, PlannedNode>();
	const directories: (TreePath | null)[] = [null];
	const files: TreePath[] = [];
	for (let count = 1 + below(11); count > 0; count--) {
		const parent = directories[below(directories.length)] ?? null;
		const name = rawTextFromBytes(someName());
		const path = (parent === null ? name : `${parent}/${name}`) as TreePath;
		if (planned.has(path)) continue;
		const common = {
			path,
			mode: below(0o1000),
			mtimeNs: someTime(),
			linkOf: null,
			writes: [],
			size: 0,
			target: Buffer.alloc(0),
		};
		const choice = random();
		if (choice < 0.25) {
			directories.push(path);
			planned.set(path, { ...common, kind: "directory", xattrs: someXattrs() });
		} else if (choice < 0.4) {
			const target = Buffer.concat([Buffer.from(random() < 0.3 ? "/" : "../"), someName()]);
			planned.set(path, { ...common, kind: "symlink", xattrs: [], target });
		} else if (choice < 0.55 && files.length > 0) {
			const linkOf = files[below(files.length)] as TreePath;
			planned.set(path, { ...common, kind: "link", xattrs: [], linkOf });
		} else {
			files.push(path);
			planned.set(path, { ...common, kind: "file", xattrs: someXattrs(), ...someContent() });
		}
	}
	return [...planned.values()];

	function someContent(): Pick<PlannedNode, "writes" | "size"> {
		if (random() < 0.5) {
			const bytes = someBytes(below(300));
			return { writes: [{ offset: 0, bytes }], size: bytes.length };
		}
		// Sparse: a few blocks written here and there, some of them zeros, and perhaps a hole at the end that is no whole block.
		const blocks = 1 + below(12);
		const writes = Array.from({ length: below(4) }, () => {
			const bytes = random() < 0.2 ? Buffer.alloc(blockBytes) : Buffer.alloc(blockBytes, 1 + below(255));
			return { offset: below(blocks) * blockBytes, bytes };
		});
		const end = Math.max(0, ...writes.map(({ offset, bytes }) => offset + bytes.length));
		return { writes, size: Math.max(end, blocks * blockBytes - below(blockBytes)) };
	}
}
