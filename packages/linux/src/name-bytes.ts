import { RetakeError } from "@retake/base";

/** A name or path as the kernel takes it: bytes, or well-formed text that is sent as UTF-8. Never holds a zero byte. */
export type NameBytes = Uint8Array | string;

/** Turns a name into the zero-ended bytes of C. Throws `USAGE` for a zero byte and for text that UTF-8 cannot hold. */
export function toZeroEnded(name: NameBytes): Buffer {
	if (typeof name === "string" && !name.isWellFormed()) {
		throw new RetakeError("USAGE", `${JSON.stringify(name)} has a lone surrogate, which UTF-8 cannot hold`, {
			sort: "misuse",
			remedy: "pass the name's bytes instead of text",
		});
	}
	if (typeof name === "string" ? name.includes("\0") : name.includes(0)) {
		throw new RetakeError("USAGE", `${JSON.stringify(toText(name))} holds a zero byte, which no file name can`, {
			sort: "misuse",
			remedy: "refuse such names where they come in",
		});
	}
	if (typeof name === "string") return Buffer.from(`${name}\0`, "utf8");
	const ended = Buffer.allocUnsafe(name.length + 1);
	ended.set(name);
	ended[name.length] = 0;
	return ended;
}

/** Returns the name as text for messages; bytes that are not UTF-8 show as U+FFFD. */
export function toText(name: NameBytes): string {
	return typeof name === "string" ? name : Buffer.from(name).toString("utf8");
}
