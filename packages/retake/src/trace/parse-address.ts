import { RetakeError } from "@retake/base";
import type { CallAddress } from "@retake/recorder";

/** Reads an address as the timeline shows it, `/#3` or `/0/2#3`; a bare number is a call of the run itself. Throws `USAGE`. */
export function parseAddress(text: string): CallAddress {
	const match = /^(?:(\/[\w/:-]*)#)?(\d{1,15})$/.exec(text);
	if (match === null) {
		throw new RetakeError("USAGE", `"${text}" is no call`, {
			sort: "misuse",
			remedy: "name a call as retake show RUN lists it, such as /#3, or 3",
		});
	}
	return { scope: match[1] ?? "/", sequence: Number(match[2]) };
}
