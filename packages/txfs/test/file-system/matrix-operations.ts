import type { BigIntStats, Dir, Dirent, Stats } from "node:fs";
import { join } from "node:path";
import { places, targets } from "./matrix-places.ts";

/** Calls a method of a file system in one of its forms. */
export type Call = (method: string, ...parameters: readonly unknown[]) => Promise<unknown>;

/** One operation at one place, done in the same way to both file systems. */
export interface MatrixOperation {
	readonly name: string;
	readonly places: readonly string[];
	readonly run: (call: Call, path: string, root: string) => Promise<unknown>;
	/** Forms that node:fs does not have, or in which it does something else. */
	readonly without?: readonly ("sync" | "callback" | "promise")[];
}

const flags = ["r", "r+", "rs+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+"];

const operation = (
	name: string,
	run: MatrixOperation["run"],
	options: Pick<Partial<MatrixOperation>, "places" | "without"> = {},
): MatrixOperation => ({ name, run, places, ...options });

const statusOf = (status: unknown): unknown => {
	if (status === undefined) return undefined;
	const { mode, size, nlink, uid, gid } = status as Stats | BigIntStats;
	const of = status as Stats;
	const kind = [of.isFile(), of.isDirectory(), of.isSymbolicLink(), of.isFIFO()];
	return [
		typeof mode,
		Number(mode),
		of.isDirectory() ? null : [Number(size), Number(nlink)],
		Number(uid),
		Number(gid),
		kind,
	];
};
const entriesOf = (entries: unknown): unknown =>
	(entries as Dirent[])
		.map((entry) =>
			typeof entry === "string"
				? entry
				: [entry.parentPath, entry.name, entry.isFile(), entry.isDirectory(), entry.isSymbolicLink()].join(" "),
		)
		.toSorted();

/** What rm may be asked to remove with all beneath: at these others Node's sync form fails with a code of the C++ library's. */
const isRemovable = (place: string): boolean => !place.endsWith(".") && place !== "to-directory/" && place.length < 256;

/** All operations. */
export const matrixOperations: readonly MatrixOperation[] = [
	operation("readFile", (call, path) => call("readFile", path, "utf8")),
	operation("readFile with flag a+", (call, path) => call("readFile", path, { encoding: "utf8", flag: "a+" })),
	operation("writeFile", (call, path) => call("writeFile", path, "written")),
	operation("writeFile, shorter", (call, path) => call("writeFile", path, Buffer.from("w"), { mode: 0o600 })),
	operation("writeFile with flag wx", (call, path) => call("writeFile", path, "written", { flag: "wx" })),
	operation("writeFile with flag r+", (call, path) => call("writeFile", path, "ab", { flag: "r+" })),
	operation("appendFile", (call, path) => call("appendFile", path, " and more")),
	operation("truncate", (call, path) => call("truncate", path, 3)),
	operation("truncate, longer", (call, path) => call("truncate", path, 20)),
	operation("readdir", async (call, path) => entriesOf(await call("readdir", path))),
	operation("readdir with types", async (call, path) =>
		entriesOf(await call("readdir", path, { withFileTypes: true })),
	),
	operation("readdir, recursive", async (call, path) => entriesOf(await call("readdir", path, { recursive: true }))),
	operation("readdir, recursive, with types", async (call, path) =>
		entriesOf(await call("readdir", path, { recursive: true, withFileTypes: true })),
	),
	operation("mkdir", (call, path) => call("mkdir", path)),
	operation("mkdir with a mode", (call, path) => call("mkdir", path, 0o700)),
	operation("mkdir, recursive", (call, path) => call("mkdir", path, { recursive: true })),
	operation("mkdir, recursive, deep", (call, path) => call("mkdir", `${path}/a/b`, { recursive: true }), {
		// Through a link to nowhere, Node's forms disagree about the path in the error.
		places: places.filter((place) => !place.startsWith("dangling")),
	}),
	operation("rmdir", (call, path) => call("rmdir", path), { places: places.filter((place) => place !== ".") }),
	operation("rm", (call, path) => call("rm", path), { places: places.filter((place) => place !== ".") }),
	operation("rm, recursive", (call, path) => call("rm", path, { recursive: true }), {
		places: places.filter(isRemovable),
	}),
	operation("rm, force", (call, path) => call("rm", path, { force: true }), {
		places: places.filter((place) => place !== "."),
	}),
	operation("rm, recursive and force", (call, path) => call("rm", path, { recursive: true, force: true }), {
		places: places.filter(isRemovable),
	}),
	operation("unlink", (call, path) => call("unlink", path)),
	operation("readlink", (call, path) => call("readlink", path)),
	operation("realpath", (call, path) => call("realpath", path)),
	operation("stat", async (call, path) => statusOf(await call("stat", path))),
	operation("stat, bigint", async (call, path) => statusOf(await call("stat", path, { bigint: true }))),
	operation(
		"stat without throwing",
		async (call, path) => statusOf(await call("stat", path, { throwIfNoEntry: false })),
		{
			without: ["callback", "promise"],
		},
	),
	operation("lstat", async (call, path) => statusOf(await call("lstat", path))),
	operation("lstat, bigint", async (call, path) => statusOf(await call("lstat", path, { bigint: true }))),
	operation("access", (call, path) => call("access", path)),
	operation("access to execute", (call, path) => call("access", path, 1)),
	operation("access to write", (call, path) => call("access", path, 2)),
	operation("exists", (call, path) => call("exists", path), { without: ["callback", "promise"] }),
	operation("chmod", async (call, path) => {
		await call("chmod", path, 0o640);
		return statusOf(await call("stat", path));
	}),
	operation("utimes", async (call, path) => {
		await call("utimes", path, 10, 20.5);
		return ((await call("stat", path)) as Stats).mtimeMs;
	}),
	operation("lutimes", async (call, path) => {
		await call("lutimes", path, 10, new Date(20_500));
		return ((await call("lstat", path)) as Stats).mtimeMs;
	}),
	operation("symlink", async (call, path) => {
		await call("symlink", "full/leaf", path);
		return call("readlink", path);
	}),
	operation("mkdtemp", async (call, path) => {
		try {
			return String(await call("mkdtemp", `${path}-`)).slice(0, -6);
		} catch (error) {
			const { code, errno, syscall, path: failedAt } = error as NodeJS.ErrnoException;
			// Node's forms disagree whether the six last characters are the random ones.
			return { code, errno, syscall, path: failedAt?.slice(0, -6) };
		}
	}),
	operation("opendir", async (call, path) => {
		const directory = (await call("opendir", path)) as Dir;
		const names: string[] = [];
		for await (const entry of directory) names.push(`${entry.parentPath} ${entry.name} ${entry.isDirectory()}`);
		return [directory.path, names.toSorted()];
	}),
	operation("a whole tree by cp", (call, path, root) => call("cp", path, join(root, "copied"), { recursive: true }), {
		places: ["file", "script", "full", "empty", "to-file", "missing"],
	}),
	operation("glob", async (call, _path, root) => ((await call("glob", "**/*", { cwd: root })) as string[]).toSorted(), {
		places: ["."],
		without: ["promise"],
	}),
	...flags.map((flag) =>
		operation(
			`open with ${flag}, write, read, truncate`,
			async (call, path) => {
				const descriptor = await call("open", path, flag);
				const outcomes: unknown[] = [];
				const attempt = async (work: () => Promise<unknown>): Promise<void> => {
					outcomes.push(await work().then((value) => value ?? null, failureOf));
				};
				const bytes = Buffer.alloc(6, ".");
				await attempt(() => call("write", descriptor, "AB"));
				await attempt(() => call("write", descriptor, Buffer.from("CD"), 0, 2, 5));
				await attempt(() => call("read", descriptor, bytes, 0, 4, 1));
				await attempt(() => call("read", descriptor, bytes, 4, 2, null));
				await attempt(async () => statusOf(await call("fstat", descriptor)));
				await attempt(() => call("ftruncate", descriptor, 7));
				await attempt(() => call("fchmod", descriptor, 0o604));
				await attempt(() => call("futimes", descriptor, 1, 2));
				await attempt(() => call("fsync", descriptor));
				await attempt(() => call("close", descriptor));
				await attempt(() => call("fstat", descriptor));
				return [outcomes, bytes.toString("latin1")];
			},
			{ without: ["promise"] },
		),
	),
	...flags.map((flag) =>
		operation(
			`readFile of a descriptor opened with ${flag}`,
			async (call, path) => {
				const descriptor = await call("open", path, flag);
				try {
					return await call("readFile", descriptor, "latin1");
				} finally {
					await call("close", descriptor);
				}
			},
			// Node's callback form answers with nothing where it cannot read.
			{ without: ["callback", "promise"] },
		),
	),
	...["rename", "link", "copyFile"].flatMap((method) =>
		targets.map((target) =>
			operation(`${method} to ${target}`, (call, path, root) => call(method, path, `${root}/${target}`), {
				places: places.filter((place) => !place.endsWith(".") && place.length < 256),
			}),
		),
	),
	operation("copyFile, exclusively", (call, path, root) => call("copyFile", path, join(root, "file"), 1)),
];

/** What a failed call says, as node:fs says it. */
export function failureOf(error: unknown): unknown {
	const failure = error as NodeJS.ErrnoException & { readonly dest?: string };
	const { code, errno, syscall, path, message } = failure;
	return { code, errno, syscall, path, dest: failure.dest, message };
}
