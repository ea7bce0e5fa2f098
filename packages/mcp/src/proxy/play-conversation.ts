import { RetakeError } from "@retake/base";
import type { PlaybackReport, PlaybackSession } from "@retake/runtime";
import { type ConversationOptions, converse } from "./converse.ts";
import { ServerLink } from "./server-link.ts";

/** A tape goes at once, where it has come to its end. */
const farewellTimeoutMs = 100;

/** What the playback of a conversation needs. */
export interface PlayConversationOptions extends Omit<ConversationOptions, "session" | "server" | "farewellTimeoutMs"> {
	readonly session: PlaybackSession;
}

/**
 * Serves a recorded conversation to a client, as the server did. A request that differs from the recorded one at its place is
 * answered with an error that says so, and is in the report. Nothing is started and nothing is connected to.
 */
export function playConversation({ session, ...rest }: PlayConversationOptions): Promise<PlaybackReport> {
	const server = new ServerLink(refuseToConnect, rest.report);
	return session.finishAfter(() => converse({ session, server, farewellTimeoutMs, ...rest }));
}

async function refuseToConnect(): Promise<never> {
	throw new RetakeError("BUG", "a playback tried to reach the server", { sort: "bug" });
}
