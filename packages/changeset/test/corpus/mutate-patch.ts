import { Buffer } from "node:buffer";
import { below, pick, type Random } from "../model/random.ts";

/** Spoils or bends the text of a patch, Latin-1; returns it unchanged where it has nothing of the kind. */
export type PatchMutation = (text: string, random: Random) => string;

type LineTest = (line: string, index: number, lines: readonly string[]) => boolean;

function linesOf(text: string): string[] {
	return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Changes one of the lines that a test chooses. */
function onOneLine(test: LineTest, change: (line: string, random: Random) => string): PatchMutation {
	return (text, random) => {
		const lines = linesOf(text);
		const chosen = lines.flatMap((line, index) => (test(line, index, lines) ? [index] : []));
		if (chosen.length === 0) return text;
		const index = pick(random, chosen);
		lines[index] = change(lines[index] as string, random);
		return lines.join("");
	};
}

function everywhere(from: RegExp, to: (match: string, random: Random) => string): PatchMutation {
	return (text, random) => text.replace(from, (match) => to(match, random));
}

/** The parts of a patch, one for each file. */
function sectionsOf(text: string): string[] {
	return text.split(/^(?=diff --git )/m).filter((section) => section !== "");
}

const isHunkHeader: LineTest = (line) => line.startsWith("@@ -");
const isHunkLine: LineTest = (line) => /^[ +-](?![+-])/.test(line);
const isContext: LineTest = (line) => line.startsWith(" ");
const isBase85: LineTest = (line) => /^[A-Za-z][0-9A-Za-z!#$%&()*+;<=>?@^_`{|}~-]{5,}\n$/.test(line);

function bendNumber(header: string, which: number, by: number): string {
	let seen = 0;
	return header.replace(/\d+/g, (digits) => (seen++ === which ? `${Math.max(0, Number(digits) + by)}` : digits));
}

function otherName(name: string): (text: string, random: Random) => string {
	return (text, random) => {
		const sections = sectionsOf(text);
		if (sections.length === 0) return text;
		const index = below(random, sections.length);
		const section = sections[index] as string;
		const old = /^diff --git a\/(\S+) b\/(\S+)$/m.exec(section)?.[2];
		if (old === undefined) return text;
		sections[index] = section.split(`/${old}`).join(`/${name}`).split(` to ${old}\n`).join(` to ${name}\n`);
		return sections.join("");
	};
}

/** Every way in which a generated patch is changed, by name. */
export const mutations: Readonly<Record<string, PatchMutation>> = {
	"as it is": (text) => text,
	"hunk moved": onOneLine(isHunkHeader, (line, random) => {
		const by = below(random, 13) - 6;
		return bendNumber(bendNumber(line, 0, by), line.includes(",") ? 2 : 1, by);
	}),
	"hunk's start bent": onOneLine(isHunkHeader, (line, random) =>
		bendNumber(line, pick(random, [0, 2]), below(random, 9) - 4),
	),
	"wrong count": onOneLine(isHunkHeader, (line, random) =>
		bendNumber(line, pick(random, [1, 3]), pick(random, [-1, 1, 2])),
	),
	"count left out": onOneLine(isHunkHeader, (line) => line.replace(/,\d+/, "")),
	"context changed": onOneLine(isContext, (line) => line.replace(/^ (.?)/, " x$1")),
	"deleted line changed": onOneLine(
		(line) => line.startsWith("-") && !line.startsWith("---"),
		(line) => line.replace(/^-/, "-x"),
	),
	"inserted line changed": onOneLine(
		(line) => line.startsWith("+") && !line.startsWith("+++"),
		(line) => line.replace(/^\+/, "+x"),
	),
	"sign changed": onOneLine(
		isHunkLine,
		(line, random) => pick(random, [" ", "+", "-", "?", "\\", "@"]) + line.slice(1),
	),
	"line left out": onOneLine(
		() => true,
		() => "",
	),
	"hunk's line left out": onOneLine(isHunkLine, () => ""),
	"line twice": onOneLine(
		() => true,
		(line) => line + line,
	),
	"empty line put in": onOneLine(
		() => true,
		(line) => `${line}\n`,
	),
	"prose put in": onOneLine(
		(line) => line.startsWith("diff --git"),
		(line) => `Dear all,\n\nsee below.\n${line}`,
	),
	truncated: (text, random) => text.slice(0, below(random, text.length)),
	"truncated at a line": (text, random) => {
		const lines = linesOf(text);
		return lines.slice(0, below(random, lines.length)).join("");
	},
	"last line feed gone": (text) => text.replace(/\n$/, ""),
	"no-newline mark gone": everywhere(/^\\ No newline at end of file\n/gm, () => ""),
	"no-newline mark put in": onOneLine(isHunkLine, (line) => `${line}\\ No newline at end of file\n`),
	"CRLF everywhere": everywhere(/\n/g, () => "\r\n"),
	"CRLF in headers": everywhere(/^(?:diff|index|---|\+\+\+|new|old|deleted|rename|copy|similarity).*\n/gm, (line) =>
		line.replace("\n", "\r\n"),
	),
	"CRLF in hunks": everywhere(/^[ +-](?![+-]).*\n/gm, (line) => line.replace(/\r?\n/, "\r\n")),
	"CR gone": everywhere(/\r/g, () => ""),
	"empty context stripped": everywhere(/^ \n/gm, () => "\n"),
	"trailing space stripped": everywhere(/[ \t]+\n/g, () => "\n"),
	"hash wrong": onOneLine(
		(line) => line.startsWith("index "),
		(line) => line.replace(/[0-9a-f]{7,}/, (oid) => oid.replace(/[0-9a-f]/g, "a")),
	),
	"new hash wrong": onOneLine(
		(line) => line.startsWith("index "),
		(line) => line.replace(/\.\.[0-9a-f]+/, (oid) => oid.replace(/[0-9a-f]/g, "a")),
	),
	"hash short": everywhere(/^index ([0-9a-f]{7})[0-9a-f]*\.\.([0-9a-f]{7})[0-9a-f]*/gm, (line) =>
		line.replace(/([0-9a-f]{7})[0-9a-f]*/g, "$1"),
	),
	"index lines gone": everywhere(/^index .*\n/gm, () => ""),
	"file twice": (text, random) => {
		const sections = sectionsOf(text);
		return sections.length === 0 ? text : text + pick(random, sections);
	},
	"all twice": (text) => text + text,
	"files in another order": (text) => sectionsOf(text).reverse().join(""),
	"a file left out": (text, random) => {
		const sections = sectionsOf(text);
		if (sections.length < 2) return text;
		sections.splice(below(random, sections.length), 1);
		return sections.join("");
	},
	"git's line gone": everywhere(/^diff --git .*\n/gm, () => ""),
	"plain unified": everywhere(
		/^(?:diff --git|index|new file mode|deleted file mode|old mode|new mode) .*\n/gm,
		() => "",
	),
	"name lines gone": everywhere(/^(?:---|\+\+\+) .*\n/gm, () => ""),
	"new name only": onOneLine(
		(line) => line.startsWith("+++ b/"),
		(line) => line.replace("b/", "b/x"),
	),
	"old name is nothing": onOneLine(
		(line) => line.startsWith("--- "),
		() => "--- /dev/null\n",
	),
	"new name is nothing": onOneLine(
		(line) => line.startsWith("+++ "),
		() => "+++ /dev/null\n",
	),
	"mode changed": onOneLine(
		(line) => /\b1[0-9]{5}$/m.test(line),
		(line, random) =>
			line.replace(/1\d{5}/, pick(random, ["100755", "100644", "120000", "160000", "100600", "040000", "17"])),
	),
	"mode line left out": onOneLine(
		(line) => / mode 1/.test(line),
		() => "",
	),
	"similarity changed": everywhere(/index \d+%/g, () => "index 7%"),
	"rename is a copy": everywhere(/^rename /gm, () => "copy "),
	"copy is a rename": everywhere(/^copy /gm, () => "rename "),
	"one move line gone": onOneLine(
		(line) => /^(?:rename|copy) (?:from|to)/.test(line),
		() => "",
	),
	"moved from elsewhere": onOneLine(
		(line) => /^(?:rename|copy) from/.test(line),
		(line) => line.replace("from ", "from x"),
	),
	"base 85 spoilt": onOneLine(isBase85, (line, random) => {
		const at = 1 + below(random, line.length - 2);
		return `${line.slice(0, at)}${pick(random, ["~", '"', "0", "z"])}${line.slice(at + 1)}`;
	}),
	"binary size wrong": onOneLine(
		(line) => /^(?:literal|delta) /.test(line),
		(line) => line.replace(/\d+/, (digits) => `${Number(digits) + 1}`),
	),
	"binary line gone": onOneLine(isBase85, () => ""),
	"byte changed": (text, random) => {
		const at = below(random, text.length);
		return text.slice(0, at) + String.fromCharCode(below(random, 256)) + text.slice(at + 1);
	},
	"bytes put in": (text, random) => {
		const at = below(random, text.length);
		const junk = Buffer.from(Array.from({ length: 1 + below(random, 4) }, () => below(random, 256)));
		return text.slice(0, at) + junk.toString("latin1") + text.slice(at);
	},
	"path climbs": otherName("../evil"),
	"path climbs inside": otherName("d/../../evil"),
	"path is absolute": (text, random) => otherName("/tmp/evil")(text, random),
	"path has a dot": otherName("./evil"),
	"path has an empty part": otherName("d//evil"),
	"path is git's": otherName(".git/hooks/evil"),
	"path is git's, spelt otherwise": otherName(".GIT/config"),
	"path is git's on NTFS": otherName("git~1/config"),
	"path is ours": otherName(".retake/evil"),
	"path behind a link": otherName("link/evil"),
	"path behind a file": otherName("regular/evil"),
	"path is a directory": otherName("directory"),
	"path is a link": otherName("link"),
	"path is a file": otherName("regular"),
};
