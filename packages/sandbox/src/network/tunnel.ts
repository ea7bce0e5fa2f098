import type { Socket } from "node:net";
import { type Duplex, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isLiteral, parseAuthority } from "./authority.ts";
import { readClientHello } from "./client-hello.ts";
import type { JournalEntry } from "./network-journal.ts";
import { networkLimits } from "./network-limits.ts";
import { NetworkRefusal } from "./network-refusal.ts";

/**
 * Passes bytes both ways until both sides have ended. Where the client speaks TLS, it must ask for the host that it was let through to, or for
 * none: behind one address lie many hosts.
 */
export async function tunnel(client: Duplex, upstream: Socket, host: string, entry: JournalEntry): Promise<void> {
	try {
		await Promise.all([
			pipeline(client, sameServer(host), counted(entry, "sent"), upstream),
			pipeline(upstream, counted(entry, "received"), client),
		]);
		entry.end("passed", null);
	} catch (cause) {
		if (cause instanceof NetworkRefusal) entry.end(cause.verdict, cause.reason);
		// Either side may hang up in the middle: as far as it came, it passed.
		else entry.end("passed", null);
	} finally {
		client.destroy();
		upstream.destroy();
	}
}

/** Counts what passes, and breaks off where the command has used up what it may. */
export function counted(entry: JournalEntry, direction: "sent" | "received"): Transform {
	return new Transform({
		transform: (chunk: Buffer, _encoding, done) => {
			if (entry.count(direction, chunk.length)) done(null, chunk);
			else done(new NetworkRefusal("failed", "too-many-bytes"));
		},
	});
}

/** Holds a client's first bytes back until it is clear which server they ask for. */
function sameServer(host: string): Transform {
	let held = Buffer.alloc(0);
	let isDecided = false;
	return new Transform({
		transform: (chunk: Buffer, _encoding, done) => {
			if (isDecided) return done(null, chunk);
			held = Buffer.concat([held, chunk]);
			const found = readClientHello(held);
			if (found.kind === "unfinished") {
				const isTooLong = held.length > networkLimits.helloBytesMax;
				return done(isTooLong ? new NetworkRefusal("refused", "server-name") : null);
			}
			if (found.kind === "odd" || (found.kind === "tls" && !isFor(found.serverName, host))) {
				return done(new NetworkRefusal("refused", "server-name"));
			}
			isDecided = true;
			done(null, held);
		},
		flush: (done) => done(null, isDecided ? undefined : held),
	});
}

function isFor(serverName: string | null, host: string): boolean {
	if (serverName === null) return true;
	return !isLiteral(host) && parseAuthority(serverName, 443)?.host === host;
}
