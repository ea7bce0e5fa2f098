import { posix } from "node:path";
import { createReadDirectory, type ReadDirectoryOptions } from "./read-directory.ts";
import { systemError } from "./system-error.ts";
import type { ViewSuperblock } from "./view-superblock.ts";
import type { FileSystem } from "./view-volume.ts";

type Methods = Record<string, unknown>;
type Callback = (error: unknown, value?: unknown) => void;

/** Adds to `changed` and `promises` the methods in which memfs's face and Node's differ. `fs` is the face as it was. */
export function adjustFace(fs: FileSystem, superblock: ViewSuperblock, changed: Methods, promises: Methods): void {
	const original = { ...fs };
	const define = (name: string, sync: (...parameters: never[]) => unknown): void => {
		const call = sync as (...parameters: unknown[]) => unknown;
		changed[`${name}Sync`] = call;
		changed[name] = (...parameters: unknown[]): void => {
			const callback = parameters.pop() as Callback;
			if (typeof callback !== "function") throw invalidCallback(callback);
			queueMicrotask(() => {
				let value: unknown;
				try {
					value = call(...parameters);
				} catch (error) {
					callback(error);
					return;
				}
				callback(null, value);
			});
		};
	};
	const list = createReadDirectory({ list: (path) => superblock.list(path), statSync: original.statSync });
	const readDirectory =
		(entersLinks: boolean) =>
		(path: unknown, options?: ReadDirectoryOptions | string | null): unknown =>
			list(textOf(path), { ...(typeof options === "string" ? { encoding: options } : options), entersLinks });
	define("readdir", readDirectory(true));
	promises["readdir"] = async (...parameters: Parameters<ReturnType<typeof readDirectory>>) =>
		readDirectory(false)(...parameters);

	const makeTemporary = (prefix: unknown, options?: unknown): unknown => {
		try {
			return original.mkdtempSync(prefix as string, options as "utf8");
		} catch (error) {
			const { code, syscall } = error as { code?: string; syscall?: string };
			throw syscall === "mkdir" ? systemError(code as "ENOENT", "mkdtemp", `${textOf(prefix)}XXXXXX`) : error;
		}
	};
	define("mkdtemp", makeTemporary);
	promises["mkdtemp"] = async (...parameters: Parameters<typeof makeTemporary>) => makeTemporary(...parameters);

	for (const name of ["statSync", "lstatSync"] as const) {
		changed[name] = (path: string, options?: { readonly throwIfNoEntry?: boolean }): unknown => {
			try {
				return original[name](path, options);
			} catch (error) {
				// Node takes a file on the way for a missing entry too.
				if (options?.throwIfNoEntry === false && (error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
				throw error;
			}
		};
	}

	changed["rmSync"] = (path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): void => {
		try {
			original.rmSync(path, options);
		} catch (error) {
			// Alone of its forms, Node's takes a file on the way for nothing to remove.
			const isIgnored = options?.recursive === true && options.force === true;
			if (!isIgnored || (error as NodeJS.ErrnoException).code !== "ENOTDIR") throw error;
		}
	};

	const resolveReal = createRealPath(original);
	define("realpath", resolveReal);
	Object.assign(changed["realpath"] as object, { native: original.realpath.native });
	Object.assign(changed["realpathSync"] as object, { native: original.realpathSync.native });
}

/** Node's own `realpath` asks for each component by `lstat` and `stat`, and its errors say so; the native one does not. */
function createRealPath({ lstatSync, statSync, readlinkSync }: FileSystem) {
	return (given: unknown, options?: { readonly encoding?: string | null } | string | null): string | Buffer => {
		let waiting = posix.resolve("/", textOf(given)).split("/").slice(1);
		let at = "/";
		for (let name = waiting.shift(); name !== undefined && name !== ""; name = waiting.shift()) {
			const next = posix.join(at, name);
			if (!lstatSync(next).isSymbolicLink()) {
				at = next;
				continue;
			}
			statSync(next);
			waiting = [...posix.resolve(at, readlinkSync(next)).split("/").slice(1), ...waiting];
			at = "/";
		}
		const encoding = typeof options === "string" ? options : options?.encoding;
		return encoding === "buffer" ? Buffer.from(at) : at;
	};
}

function textOf(path: unknown): string {
	if (path instanceof URL) return decodeURIComponent(path.pathname);
	return path instanceof Uint8Array ? Buffer.from(path).toString() : String(path);
}

function invalidCallback(received: unknown): TypeError {
	const error = new TypeError(`The "cb" argument must be of type function. Received ${String(received)}`);
	return Object.assign(error, { code: "ERR_INVALID_ARG_TYPE" });
}
