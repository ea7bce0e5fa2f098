import { join } from "node:path";

/** Returns where the images of a user are kept: `RETAKE_IMAGES`, else below the user's cache. */
export function imagesDirectory(environment: Readonly<Record<string, string>>): string {
	const { RETAKE_IMAGES: named, XDG_CACHE_HOME: cache, HOME: home = "/" } = environment;
	return named || join(cache || join(home, ".cache"), "retake/images");
}
