import { type ExtendedAttribute, isKeptAttribute, rawTextFromBytes } from "@retake/changeset";
import {
	type FileStatus,
	getExtendedAttribute,
	isSystemCallError,
	listExtendedAttributes,
	type NameBytes,
} from "@retake/linux";
import { whileReadable } from "../disk/access.ts";
import { placePath } from "../disk/place-path.ts";

/** The extended attributes of one place. */
export interface ReadXattrs {
	readonly kept: readonly ExtendedAttribute[];
	/** Whether there are some that nobody keeps and that somebody set: of the namespaces `system` (access lists) and `trusted`. */
	readonly isDropping: boolean;
}

const none: ReadXattrs = Object.freeze({ kept: Object.freeze([]), isDropping: false });
/** `security.*` is what the host itself writes on every file: labels, signatures. `*.overlay.*` are the kernel's own marks. */
const silentlyDropped = /^(?:user\.overlay\.|user\.fuseoverlayfs\.|trusted\.overlay\.|security\.|user\.$)/;

/** Reads the extended attributes of a name in an open directory. Throws `SystemCallError`. */
export function readXattrs(directory: number, name: NameBytes, status: FileStatus): ReadXattrs {
	const at = placePath(directory, name);
	const names = listNames(at);
	if (names.length === 0) return none;
	const texts = names.map((bytes) => ({ bytes, text: rawTextFromBytes(bytes) }));
	const wanted = texts.filter(({ text }) => isKeptAttribute(text));
	const isDropping = texts.some(({ text }) => !isKeptAttribute(text) && !silentlyDropped.test(text));
	if (wanted.length === 0) return { kept: [], isDropping };
	wanted.sort((left, right) => Buffer.compare(left.bytes, right.bytes));
	const kept = whileReadable(directory, name, status, () =>
		wanted.flatMap(({ bytes, text }) => {
			const value = getExtendedAttribute(at, bytes);
			return value === null ? [] : [{ name: text, value: new Uint8Array(value) }];
		}),
	);
	return { kept, isDropping };
}

function listNames(at: NameBytes): readonly Buffer[] {
	try {
		return listExtendedAttributes(at);
	} catch (error) {
		// A file system that has none.
		if (isSystemCallError(error, "EOPNOTSUPP", "ENOTSUP")) return [];
		throw error;
	}
}
