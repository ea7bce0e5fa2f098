import { readFileSync } from "node:fs";
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
}

/** Reads an `image.json`. Throws `USAGE` for one that is missing, is no JSON or misses a field. */
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
	if (!isImageDeclaration(value)) {
		throw new RetakeError("USAGE", `not an image declaration: ${path}`, {
			sort: "misuse",
			remedy:
				"give name, suite, packages, environment, user { name, uid, gid } and sourceDateEpoch; see sandbox-images/base",
		});
	}
	return value;
}

/** Returns what tells one declaration from another: 16 hexadecimal digits. */
export function imageKey(declaration: ImageDeclaration): string {
	const { name, suite, packages, environment, user, sourceDateEpoch } = declaration;
	const content = { recipe: 2, name, suite, packages: [...packages].sort(), environment, user, sourceDateEpoch };
	return sha256(Buffer.from(JSON.stringify(content))).slice(0, 16);
}

/** Returns the reference under which a daemon holds the image. */
export function imageReference(name: string): string {
	return `retake/${name}:latest`;
}

function isImageDeclaration(value: unknown): value is ImageDeclaration {
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
