import { Buffer } from "node:buffer";
import {
	ancestorsOf,
	type Blobs,
	createMemoryBlobs,
	createMemoryTree,
	joinPath,
	type MemoryTree,
	rawTextFromBytes,
	type TreeNode,
	type TreePath,
	treePath,
} from "@retake/changeset";
import fc from "fast-check";

/** Keeps the contents of all the trees that are generated here. */
export const arbitraryBlobs: Blobs = createMemoryBlobs();

/** Few names, so that histories meet at the same paths; and any bytes at all that a kernel takes. */
const component = fc.oneof(
	{ weight: 6, arbitrary: fc.constantFrom("a", "b", "c", "a-b", "ü", "\udcff", "new\nline") },
	{
		weight: 1,
		arbitrary: fc
			.uint8Array({ minLength: 1, maxLength: 6 })
			.map((bytes) => rawTextFromBytes(bytes.filter((byte) => byte !== 0 && byte !== 0x2f)))
			.filter((name) => name !== "" && name !== "." && name !== ".."),
	},
);

const arbitraryPath: fc.Arbitrary<TreePath> = fc
	.array(component, { minLength: 1, maxLength: 3 })
	.map((names) => treePath(names.join("/")));

const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o400);

const fileNode: fc.Arbitrary<TreeNode> = fc
	.tuple(fc.oneof(fc.constantFrom("", "one\n", "two\n", "1\n2\n3\n4\n5\n"), fc.uint8Array({ maxLength: 40 })), mode)
	.map(([content, bits]) => {
		const bytes = typeof content === "string" ? Buffer.from(content) : content;
		return { kind: "file", mode: bits, size: bytes.length, content: arbitraryBlobs.write(bytes) };
	});

const arbitraryNode: fc.Arbitrary<TreeNode> = fc.oneof(
	{ weight: 5, arbitrary: fileNode },
	{
		weight: 2,
		arbitrary: fc
			.constantFrom("a", "../up", "/etc/passwd", "\udcfe")
			.map((target) => ({ kind: "symlink" as const, target })),
	},
	{
		weight: 3,
		arbitrary: fc.constantFrom(0o755, 0o700, 0o555).map((bits) => ({ kind: "directory" as const, mode: bits })),
	},
);

type Step =
	| { readonly kind: "put"; readonly path: TreePath; readonly node: TreeNode }
	| { readonly kind: "remove"; readonly path: TreePath }
	| { readonly kind: "move"; readonly path: TreePath; readonly to: TreePath };

const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 5, arbitrary: fc.record({ kind: fc.constant("put" as const), path: arbitraryPath, node: arbitraryNode }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), path: arbitraryPath }) },
	{
		weight: 1,
		arbitrary: fc.record({ kind: fc.constant("move" as const), path: arbitraryPath, to: arbitraryPath }),
	},
);

type Nodes = Map<TreePath, TreeNode>;

function remove(nodes: Nodes, path: TreePath): void {
	for (const other of [...nodes.keys()]) if (other === path || other.startsWith(`${path}/`)) nodes.delete(other);
}

/** Puts a node where it belongs, whatever is in its way: a parent that is no directory becomes one. */
function put(nodes: Nodes, path: TreePath, node: TreeNode): void {
	for (const ancestor of ancestorsOf(path)) {
		if (nodes.get(ancestor)?.kind !== "directory") nodes.set(ancestor, { kind: "directory", mode: 0o755 });
	}
	const staysDirectory = node.kind === "directory" && nodes.get(path)?.kind === "directory";
	if (!staysDirectory) remove(nodes, path);
	nodes.set(path, node);
}

function move(nodes: Nodes, from: TreePath, to: TreePath): void {
	if (!nodes.has(from) || to === from || to.startsWith(`${from}/`) || from.startsWith(`${to}/`)) return;
	const moved = [...nodes].filter(([path]) => path === from || path.startsWith(`${from}/`));
	remove(nodes, from);
	for (const [path, node] of moved) put(nodes, path === from ? to : joinPath(to, path.slice(from.length + 1)), node);
}

function taken(tree: MemoryTree, steps: readonly Step[]): MemoryTree {
	const nodes: Nodes = new Map(tree.nodes);
	for (const step of steps) {
		if (step.kind === "put") put(nodes, step.path, step.node);
		else if (step.kind === "remove") remove(nodes, step.path);
		else move(nodes, step.path, step.to);
	}
	return createMemoryTree(
		Array.from(nodes, ([path, node]) => ({ path, node })),
		arbitraryBlobs,
	);
}

const steps = fc.array(arbitraryStep, { maxLength: 8 });
const empty = createMemoryTree([], arbitraryBlobs);

/** A tree of all kinds of nodes. */
export const arbitraryTree: fc.Arbitrary<MemoryTree> = fc
	.array(arbitraryStep, { maxLength: 14 })
	.map((first) => taken(empty, first));

/** Four trees, each some steps after the one before it. */
export const arbitraryHistory: fc.Arbitrary<readonly [MemoryTree, MemoryTree, MemoryTree, MemoryTree]> = fc
	.tuple(arbitraryTree, steps, steps, steps)
	.map(([a, toB, toC, toD]) => {
		const b = taken(a, toB);
		const c = taken(b, toC);
		return [a, b, c, taken(c, toD)];
	});

/** A tree, and several that were made of it independently. */
export function arbitraryFork(sides: number): fc.Arbitrary<readonly [MemoryTree, readonly MemoryTree[]]> {
	return fc
		.tuple(arbitraryTree, fc.array(steps, { minLength: sides, maxLength: sides }))
		.map(([base, each]) => [base, each.map((one) => taken(base, one))]);
}
