import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { inflateSync } from "node:zlib";
import { isSystemCallError } from "@retake/linux";
import { type GitObject, objectBytesMax, objectTypeOf } from "./git-object.ts";
import { Pack } from "./pack.ts";
import { damagedObjects } from "./read-exactly.ts";

// Source: git's alternates may name alternates of their own, five deep.
const alternateDepthMax = 5;

/** Reads a repository's objects: loose, packed, and those of the repositories that it borrows from. Runs nothing, follows no ref. */
export class GitObjects implements Disposable {
	/** Where the repository's own objects lie. */
	readonly directory: string;
	readonly #directories: readonly string[];
	#packs: readonly Pack[] | null = null;

	/** Opens the objects of a git directory: of the common one, where working trees are linked. */
	constructor(commonDirectory: string) {
		this.directory = join(commonDirectory, "objects");
		this.#directories = withAlternates(this.directory, 0);
	}

	/** Returns an object by its name of 40 digits, or null where the repository does not have it. Throws `STORE_DAMAGED`. */
	read(oid: string): GitObject | null {
		const found = this.#readLoose(oid) ?? this.#readPacked(oid);
		if (found !== null) return found;
		// Another process may have packed it since the packs were listed.
		this.#closePacks();
		return this.#readPacked(oid) ?? this.#readLoose(oid);
	}

	/** Tells whether the repository has an object. */
	has(oid: string): boolean {
		if (this.#directories.some((directory) => existsSync(loosePath(directory, oid)))) return true;
		const name = Buffer.from(oid, "hex");
		return this.#openPacks().some((pack) => pack.index.find(name) !== null);
	}

	/** Returns the names that begin with given hexadecimal digits, at least four of them: every one once. */
	expand(digits: string): ReadonlySet<string> {
		const names = new Set<string>();
		for (const pack of this.#openPacks()) for (const name of pack.index.namesFrom(digits)) names.add(name);
		for (const directory of this.#directories) {
			for (const rest of namesIn(join(directory, digits.slice(0, 2)))) {
				const name = `${digits.slice(0, 2)}${rest}`;
				if (/^[0-9a-f]{40}$/.test(name) && name.startsWith(digits)) names.add(name);
			}
		}
		return names;
	}

	#readLoose(oid: string): GitObject | null {
		for (const directory of this.#directories) {
			const path = loosePath(directory, oid);
			const packed = readIfThere(path);
			if (packed !== null) return unpackLoose(packed, path);
		}
		return null;
	}

	#readPacked(oid: string): GitObject | null {
		const name = Buffer.from(oid, "hex");
		for (const pack of this.#openPacks()) {
			const offset = pack.index.find(name);
			if (offset !== null) return pack.read(offset, (base) => this.read(base));
		}
		return null;
	}

	#openPacks(): readonly Pack[] {
		if (this.#packs !== null) return this.#packs;
		const opened: Pack[] = [];
		for (const directory of this.#directories) {
			const names = new Set(namesIn(join(directory, "pack")));
			const packs = [...names].filter((name) => name.endsWith(".pack") && names.has(name.replace(/pack$/, "idx")));
			for (const name of packs) opened.push(new Pack(join(directory, "pack", name)));
		}
		this.#packs = opened;
		return opened;
	}

	#closePacks(): void {
		for (const pack of this.#packs ?? []) pack[Symbol.dispose]();
		this.#packs = null;
	}

	[Symbol.dispose](): void {
		this.#closePacks();
	}
}

function withAlternates(directory: string, depth: number): string[] {
	const text = readIfThere(join(directory, "info", "alternates"))?.toString("utf8") ?? "";
	const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	if (depth === alternateDepthMax) return [directory];
	const others = lines.flatMap((line) => withAlternates(isAbsolute(line) ? line : resolve(directory, line), depth + 1));
	return [...new Set([directory, ...others])];
}

function loosePath(directory: string, oid: string): string {
	return join(directory, oid.slice(0, 2), oid.slice(2));
}

function unpackLoose(packed: Buffer, path: string): GitObject {
	try {
		const unpacked = inflateSync(packed, { maxOutputLength: objectBytesMax });
		const end = unpacked.indexOf(0);
		const [, name = "", size = ""] = /^([a-z]+) (\d+)$/.exec(unpacked.toString("latin1", 0, end)) ?? [];
		const type = objectTypeOf(name);
		const bytes = unpacked.subarray(end + 1);
		if (type !== null && bytes.length === Number(size)) return { type, bytes };
	} catch (cause) {
		throw damagedObjects(path, "it does not unpack", cause);
	}
	throw damagedObjects(path, "its header does not hold");
}

function readIfThere(path: string): Buffer | null {
	try {
		return readFileSync(path);
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ENOTDIR")) return null;
		throw error;
	}
}

function namesIn(directory: string): readonly string[] {
	try {
		return readdirSync(directory);
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ENOTDIR")) return [];
		throw error;
	}
}
