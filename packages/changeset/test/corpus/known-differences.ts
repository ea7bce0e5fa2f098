import { isRetakeError, type RetakeError } from "@retake/base";
import type { MemoryTree } from "@retake/changeset";
import type { GitOutcome } from "./apply-by-git.ts";

/** What we made of a case. */
export type OurOutcome =
	| { readonly kind: "applied"; readonly tree: MemoryTree }
	| { readonly kind: "refused"; readonly error: RetakeError };

/** A case on which git and we differ. */
export interface Difference {
	/** The patch, Latin-1. */
	readonly text: string;
	readonly ours: OurOutcome;
	readonly gits: GitOutcome;
}

function reasonOf({ ours }: Difference): string {
	if (ours.kind === "applied") return "";
	const { data } = ours.error;
	return (data as { readonly reason?: string } | undefined)?.reason ?? ours.error.message;
}

/** We refuse with one of these reasons, and git applies. */
const weRefuse =
	(reason: RegExp) =>
	(difference: Difference): boolean =>
		difference.ours.kind === "refused" && difference.gits.kind === "applied" && reason.test(reasonOf(difference));

const gitRefuses =
	(said: RegExp, text: RegExp) =>
	(difference: Difference): boolean =>
		difference.ours.kind === "applied" &&
		difference.gits.kind === "refused" &&
		said.test(difference.gits.said) &&
		text.test(difference.text);

/** Git's header of a file, up to and with its line `---`. */
const gitHeader =
	/^[^\n]*\n(?:(?:index|old|new|deleted|similarity|dissimilarity|rename|copy) [^\n]*\n)*(?:--- [^\n]*\n)?/;

/** Parts that begin with `---` where no header of git's stands before. */
function hasPlainPart(text: string): boolean {
	const [plain = "", ...sections] = text.split(/^diff --git /m);
	return [plain, ...sections.map((section) => section.replace(gitHeader, ""))].some((part) =>
		/^--- .*\n\+\+\+ /m.test(part),
	);
}

/** A part of git's with `/dev/null` on one side that says neither `new file mode` nor `deleted file mode`. */
function hasUnsaidNothing(text: string): boolean {
	return text
		.split(/^(?=diff --git )/m)
		.some((section) => /^(?:---|\+\+\+) \/dev\/null$/m.test(section) && !/^(?:new|deleted) file mode /m.test(section));
}

/** Two parts of git's for one file, of which the later deletes it. */
function changesAndDeletes(text: string): boolean {
	const sections = text.split(/^(?=diff --git )/m);
	const firstLines = sections.map((section) => section.slice(0, section.indexOf("\n")));
	return sections.some(
		(section, index) =>
			/^deleted file mode /m.test(section) && firstLines.slice(0, index).includes(firstLines[index] as string),
	);
}

const markedHunk = /^[ +-][^\n]*\n\\ /m;

/**
 * Every difference from `git apply` that is meant, by name, with what must be so for a case to be one. The first that holds
 * counts. Whatever none explains is a failure.
 */
export const knownDifferences: Readonly<Record<string, (difference: Difference) => boolean>> = {
	"stricter: git says that a file cannot be read, applies those before it and is content": ({ gits }) =>
		gits.kind === "applied" && /^error: /m.test(gits.said),
	"stricter: hunks, binary contents or headers without a file are not passed over as prose": weRefuse(
		/belongs to no file|the contents of a binary file are missing|the header changes nothing|a binary patch needs a full index/,
	),
	"stricter: lines behind a hunk's last are not passed over as prose": weRefuse(
		/goes on after as many lines|mark of a missing line feed is cut off/,
	),
	"stricter: a header that is cut off or garbled is not passed over": weRefuse(
		/the header is cut off|the index line is not|--- is not followed|not followed by a hunk|quoted name does not end|is not the mode of|does not say from where/,
	),
	"stricter: a header names its file in one way": weRefuse(/does not name one file|names the file in two ways/),
	"stricter: what is created or deleted has lines of one side only": weRefuse(
		/a deleted file keeps lines|a created file has old lines/,
	),
	"stricter: a missing line feed is marked at a file's end only, where it is missing": (difference) =>
		markedHunk.test(difference.text) &&
		weRefuse(
			/a line follows the end of the file|an empty line cannot be the end|begins with neither|the lines that it expects are not there/,
		)(difference),
	"stricter: a link is edited only by a patch that says it is one": weRefuse(/a symlink is there, not a file/),
	"stricter: a file is created or moved to a place once": weRefuse(/the file to be created is there already/),
	"stricter: what a patch puts somewhere it does not delete": weRefuse(/deletes what it has put there itself/),
	"stricter: the old hash of a created binary file is zeros": weRefuse(/not the one that the patch was made for/),
	"stricter: a submodule has no place in a tree of files": weRefuse(/submodules/),
	"stricter: .retake is never written": weRefuse(/it names \.retake/),
	"stricter: a name with an empty component is refused where git passes over it": weRefuse(/it has an empty component/),
	"laxer: headers may have carriage returns, as mailers leave them": gitRefuses(
		/lacks filename information|without full index line/,
		/^(?:diff|index|---|\+\+\+|new|old|deleted|rename|copy|similarity).*\r\n/m,
	),
	"laxer: a link that goes away is no longer in the way": gitRefuses(
		/beyond a symbolic link|Too many levels of symbolic links|Not a directory/,
		/^rename from |^deleted file mode 120000/m,
	),
	"other: /dev/null means nothing, as in diff -u, also where git's mode line is missing": ({ text }) =>
		hasUnsaidNothing(text),
	"other: a file that one part changes and a later one deletes is gone, where git leaves it": ({ text }) =>
		changesAndDeletes(text),
	"other: in a plain diff the prefix is read from the names, not given by -p1": ({ text }) => hasPlainPart(text),
};

/** Tells what the error is that an application ended with; a bug of ours is thrown on. */
export function refusalOf(error: unknown): RetakeError {
	if (
		isRetakeError(error) &&
		["PATCH_CONFLICT", "PATCH_INVALID", "PATH_REFUSED", "LIMIT_EXCEEDED"].includes(error.code)
	) {
		return error;
	}
	throw error;
}
