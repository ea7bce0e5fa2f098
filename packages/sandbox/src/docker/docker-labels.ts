import { currentRunner, formatRunner } from "./runner-identity.ts";

/** Keys of the labels that mark everything of ours in the daemon. */
export const labelKeys = {
	session: "retake.session",
	runner: "retake.runner",
	/** What it is for: `holder`, `room` or `porter` of containers, `layers` or `workspace` of volumes. */
	role: "retake.role",
} as const;

/** Returns the labels of something that this process makes for a session. */
export function labelsFor(
	session: string,
	role: "holder" | "room" | "porter" | "layers" | "workspace",
): Readonly<Record<string, string>> {
	return { [labelKeys.session]: session, [labelKeys.runner]: formatRunner(currentRunner()), [labelKeys.role]: role };
}
