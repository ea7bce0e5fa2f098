import { RetakeError } from "@retake/base";
import { z } from "zod";

/** How bytes are spelled in a tool's input or output: as text where they are valid UTF-8, else in base64. */
export const contentEncoding = z.enum(["utf8", "base64"]);

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Spells bytes as text where they are valid UTF-8, else in base64. */
export function spellBytes(bytes: Uint8Array): { readonly content: string; readonly encoding: "utf8" | "base64" } {
	const text = decodeText(bytes);
	return text === null
		? { content: Buffer.from(bytes).toString("base64"), encoding: "base64" }
		: { content: text, encoding: "utf8" };
}

/** Returns the bytes that `spellBytes` spelled. Throws `TOOL_INPUT` for what is not base64. */
export function readBytes(content: string, encoding: "utf8" | "base64"): Uint8Array {
	if (encoding === "utf8") return Buffer.from(content, "utf8");
	if (!/^[A-Za-z0-9+/]*={0,2}$/.test(content)) {
		throw new RetakeError("TOOL_INPUT", "the content is not base64", { sort: "misuse", remedy: "pass encoding: utf8" });
	}
	return Buffer.from(content, "base64");
}

/** Returns the text that bytes spell in UTF-8, byte-order mark included, or null where they spell none. */
export function decodeText(bytes: Uint8Array): string | null {
	try {
		return strictDecoder.decode(bytes);
	} catch {
		return null;
	}
}
