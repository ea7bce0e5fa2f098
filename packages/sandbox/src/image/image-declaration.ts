import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RetakeError, sha256 } from "@retake/base";

/** What an image of sandboxes is made of: packages of a Debian suite and a user. */
export interface ImageDeclaration {
	readonly name: string;
	/** Suite of Debian, for example `bookworm`. */
	readonly suite: string;
	/** Packages beside the essential ones. */
	readonly packages: readonly string[];
	/** Environment that the image carries; a sandbox's own goes before it. */
	readonly environment: Readonly<Record<string, string>>;
	/** The user that the image knows by name; commands run as the owner of the workspace, whoever that is. */
	readonly user: { readonly name: string; readonly uid: number; readonly gid: number };
	/** Time stamped on every file, seconds since 1970. */
	readonly sourceDateEpoch: number;
	/** npm packages, installed in `/opt/npm`, their programs on PATH; null for none. */
	readonly npm: NpmPackages | null;
}

/** A `package.json` and its `package-lock.json`, as text: the lock names every file by its hash. */
export interface NpmPackages {
	readonly manifest: string;
	readonly lock: string;
}

/**
 * Reads an `image.json`, and the `package.json` and `package-lock.json` beside it where there are any. Throws `USAGE` for a
 * declaration that is missing, is no JSON or misses a field, and for a `package.json` without a lock.
 */
export function readImageDeclaration(path: string): ImageDeclaration {
	let value: unknown;
	try {
		value = JSON.parse(readFileSync(path, "utf8"));
	} catch (cause) {
		throw new RetakeError("USAGE", `cannot read the image declaration ${path}`, {
			sort: "misuse",
			remedy: "name a directory of sandbox-images that holds an image.json",
			cause,
		});
	}
	if (!isDeclared(value)) {
		throw new RetakeError("USAGE", `not an image declaration: ${path}`, {
			sort: "misuse",
			remedy:
				"give name, suite, packages, environment, user { name, uid, gid } and sourceDateEpoch; see sandbox-images/base",
		});
	}
	return { ...value, npm: readNpmPackages(dirname(path)) };
}

function readNpmPackages(directory: string): NpmPackages | null {
	const [manifest, lock] = ["package.json", "package-lock.json"].map((name) => join(directory, name));
	if (manifest === undefined || lock === undefined || !existsSync(manifest)) return null;
	if (!existsSync(lock)) {
		throw new RetakeError("USAGE", `${manifest} has no package-lock.json beside it`, {
			sort: "misuse",
			data: { manifest },
			remedy: `npm install --package-lock-only --prefix ${directory}`,
		});
	}
	return { manifest: readFileSync(manifest, "utf8"), lock: readFileSync(lock, "utf8") };
}

/** Returns what tells one declaration from another: 16 hexadecimal digits. */
export function imageKey(declaration: ImageDeclaration): string {
	const { name, suite, packages, environment, user, sourceDateEpoch, npm } = declaration;
	const content = { recipe: 3, name, suite, packages: [...packages].sort(), environment, user, sourceDateEpoch, npm };
	return sha256(Buffer.from(JSON.stringify(content))).slice(0, 16);
}

/** Returns the reference under which a daemon holds the image. */
export function imageReference(name: string): string {
	return `retake/${name}:latest`;
}

function isDeclared(value: unknown): value is Omit<ImageDeclaration, "npm"> {
	if (!isRecord(value) || !isRecord(value.user) || !isRecord(value.environment)) return false;
	const words = Array.isArray(value.packages) ? [...value.packages, value.name, value.suite, value.user.name] : [];
	return (
		words.length >= 3 &&
		words.every((word) => typeof word === "string" && /^[a-z0-9][a-z0-9.+-]*$/.test(word)) &&
		Object.values(value.environment).every((text) => typeof text === "string") &&
		[value.user.uid, value.user.gid, value.sourceDateEpoch].every((count) => Number.isSafeInteger(count))
	);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
