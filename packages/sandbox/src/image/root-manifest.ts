import { createHash, type Hash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a root was when it was unpacked: how each path looked, and the SHA-256 of each file or the target of each link. */
export interface RootManifest {
	/** SHA-256 over how every path looks to `lstat`: it moves with whatever is written through the file system. */
	readonly looks: string;
	/** Kind, mode and content by path. */
	readonly paths: Readonly<Record<string, string>>;
}

/** Describes the root as it is now; contents that are known need not be read. */
export function describeRoot(root: string, known: ReadonlyMap<string, string> = new Map()): RootManifest {
	const looks = createHash("sha256");
	const paths: Record<string, string> = {};
	walk(root, (path, stats) => {
		addLook(looks, path, stats);
		paths[path] = describePath(join(root, path), stats, known.get(path));
	});
	return { looks: looks.digest("hex"), paths };
}

/** Writes a manifest down. */
export function writeRootManifest(path: string, manifest: RootManifest): void {
	writeFileSync(path, `${manifest.looks}\n${JSON.stringify(manifest.paths)}\n`);
}

/** Tells whether every path of a root looks as it did when its manifest was written: no content is read. */
export function looksUnchanged(root: string, manifestPath: string): boolean {
	const looks = createHash("sha256");
	walk(root, (path, stats) => addLook(looks, path, stats));
	return readFileSync(manifestPath, "latin1").startsWith(looks.digest("hex"));
}

/** Reads every file of a root and returns the paths that differ from its manifest. */
export function damagedPaths(root: string, manifestPath: string): readonly string[] {
	const text = readFileSync(manifestPath, "utf8");
	const recorded = JSON.parse(text.slice(text.indexOf("\n"))) as RootManifest["paths"];
	const { paths } = describeRoot(root);
	const all = new Set([...Object.keys(recorded), ...Object.keys(paths)]);
	return [...all].filter((path) => recorded[path] !== paths[path]).toSorted();
}

function walk(root: string, visit: (path: string, stats: Stats) => void): void {
	const into = (path: string): void => {
		for (const name of readdirSync(join(root, path)).toSorted()) {
			const inside = path === "" ? name : `${path}/${name}`;
			const stats = lstatSync(join(root, inside));
			visit(inside, stats);
			if (stats.isDirectory()) into(inside);
		}
	};
	into("");
}

function addLook(looks: Hash, path: string, { mode, uid, size, ino, mtimeMs, ctimeMs }: Stats): void {
	const length = (mode & 0o170000) === 0o040000 ? 0 : size;
	looks.update(`${path}\0${mode} ${uid} ${length} ${ino} ${mtimeMs} ${ctimeMs}\n`);
}

function describePath(path: string, stats: Stats, digest: string | undefined): string {
	const mode = (stats.mode & 0o7777).toString(8);
	if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
	if (stats.isDirectory()) return `directory ${mode}`;
	if (!stats.isFile()) return `special ${mode}`;
	return `file ${mode} ${digest ?? createHash("sha256").update(readFileSync(path)).digest("hex")}`;
}
