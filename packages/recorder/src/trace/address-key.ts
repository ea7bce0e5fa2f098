import type { CallAddress } from "./event.ts";

/** Writes an address as text, for people and as a key: `/#3`, `/0/2#0`. */
export function addressKey({ scope, sequence }: CallAddress): string {
	return `${scope}#${sequence}`;
}
