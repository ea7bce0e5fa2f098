import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RetakeError } from "@retake/base";

/** A declaration of an image, and the lock beside it. */
export interface FoundDeclaration {
	readonly path: string;
	/** Null for what Retake brings itself: archives move on, and its files are not the user's to write. */
	readonly lock: string | null;
}

/**
 * Finds a declaration: a directory, else `sandbox-images/NAME` in the workspace, else one that Retake brings. Throws `USAGE` where there
 * is none.
 */
export function findDeclaration(
	name: string,
	{ workspace, from }: { readonly workspace: string; readonly from: string },
): FoundDeclaration {
	const own = [resolve(from, name), join(workspace, "sandbox-images", name)];
	for (const directory of own) {
		const path = join(directory, "image.json");
		if (existsSync(path)) return { path, lock: join(directory, "image.lock.json") };
	}
	const brought = broughtDeclarations();
	const path = brought === null ? null : join(brought, name, "image.json");
	if (path !== null && /^[a-z0-9._-]+$/.test(name) && existsSync(path)) return { path, lock: null };
	throw new RetakeError("USAGE", `there is no declaration of an image ${name}`, {
		sort: "misuse",
		data: { name, lookedIn: own },
		remedy: `write ${join("sandbox-images", name, "image.json")} in the workspace; docs/images.md says what is in it`,
	});
}

/** Where the package keeps the declarations that it brings: beside `dist` when it is installed, at the top of the repository else. */
function broughtDeclarations(): string | null {
	for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
		const found = join(directory, "sandbox-images");
		if (existsSync(join(found, "base/image.json"))) return found;
		if (directory === dirname(directory)) return null;
	}
}
