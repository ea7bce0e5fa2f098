import type { FileSystem } from "@retake/txfs";
import { failureOf } from "./matrix-operations.ts";

/** A number in [0, 1) from a seed, one after the other. Source: mulberry32. */
export function seededNumbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** One operation on a file system; what it returned or how it failed is its outcome. */
export interface RandomOperation {
	readonly text: string;
	readonly run: (fs: FileSystem, root: string) => unknown;
}

const names = ["a", "b", "c", "d", "e"];

/** Draws an operation on a small tree of few names, so that operations meet each other's results. */
export function drawOperation(random: () => number): RandomOperation {
	const below = (count: number): number => Math.floor(random() * count);
	const name = (): string => names[below(names.length)] ?? "a";
	const path = (): string => Array.from({ length: 1 + below(3) }, name).join("/") + (below(20) === 0 ? "/" : "");
	const [at, to, bytes] = [path(), path(), "x".repeat(below(40)) + below(1000)];
	const mode = [0o644, 0o755, 0o600, 0o700][below(4)] ?? 0o644;
	// None leads upwards: a link out of the directory would let the history loose on the machine. The matrix has those that do.
	const target = ["a", "b/c", "c/d", ".", "nowhere", "d", "e/"][below(7)] ?? "a";
	const operations: readonly (readonly [string, RandomOperation["run"]])[] = [
		[`write ${at} ${bytes}`, (fs, root) => fs.writeFileSync(`${root}/${at}`, bytes)],
		[`append ${at} ${bytes}`, (fs, root) => fs.appendFileSync(`${root}/${at}`, bytes)],
		[`write a new ${at}`, (fs, root) => fs.writeFileSync(`${root}/${at}`, bytes, { flag: "wx", mode })],
		[`truncate ${at} ${bytes.length}`, (fs, root) => fs.truncateSync(`${root}/${at}`, bytes.length)],
		[`mkdir ${at}`, (fs, root) => fs.mkdirSync(`${root}/${at}`)],
		[`mkdir -p ${at} ${mode}`, (fs, root) => fs.mkdirSync(`${root}/${at}`, { recursive: true, mode: mode | 0o300 })],
		[`rmdir ${at}`, (fs, root) => fs.rmdirSync(`${root}/${at}`)],
		[`unlink ${at}`, (fs, root) => fs.unlinkSync(`${root}/${at}`)],
		[`rm -r ${at}`, (fs, root) => at.endsWith("/") || removeTree(fs, `${root}/${at}`)],
		[`rename ${at} ${to}`, (fs, root) => fs.renameSync(`${root}/${at}`, `${root}/${to}`)],
		[`rename again ${to} ${at}`, (fs, root) => fs.renameSync(`${root}/${to}`, `${root}/${at}`)],
		[`link ${at} ${to}`, (fs, root) => fs.linkSync(`${root}/${at}`, `${root}/${to}`)],
		[`symlink ${target} ${at}`, (fs, root) => fs.symlinkSync(target, `${root}/${at}`)],
		[`copy ${at} ${to}`, (fs, root) => fs.copyFileSync(`${root}/${at}`, `${root}/${to}`)],
		[`chmod ${at} ${mode}`, (fs, root) => fs.chmodSync(`${root}/${at}`, mode)],
		[`read ${at}`, (fs, root) => fs.readFileSync(`${root}/${at}`, "latin1")],
		[`list ${at}`, (fs, root) => fs.readdirSync(`${root}/${at}`).sort()],
		[`real ${at}`, (fs, root) => fs.realpathSync.native(`${root}/${at}`)],
	];
	const [text, run] = operations[below(operations.length)] as readonly [string, RandomOperation["run"]];
	return { text, run };
}

/** Tells whether a tree could be removed: some errors of Node's sync form have a code of the C++ library's, or none. */
function removeTree(fs: FileSystem, path: string): boolean {
	try {
		fs.rmSync(path, { recursive: true, force: true });
		return true;
	} catch {
		return false;
	}
}

/** Runs an operation and returns what it returned, or how it failed. */
export function outcomeOf(operation: RandomOperation, fs: FileSystem, root: string): unknown {
	try {
		return { value: operation.run(fs, root) ?? null };
	} catch (error) {
		return failureOf(error);
	}
}
