import { RetakeError } from "@retake/base";

/** Checks a branch's name by git's rules and returns the full name of its ref. Throws `USAGE`. */
export function branchRef(branch: string): string {
	// Source: git-check-ref-format(1).
	const isRefused =
		/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$|^@$/.test(branch) ||
		branch === "" ||
		branch === "HEAD" ||
		branch.split("/").some((part) => part.startsWith(".") || part.endsWith(".lock"));
	if (!isRefused) return `refs/heads/${branch}`;
	throw new RetakeError("USAGE", `${JSON.stringify(branch)} cannot name a branch`, {
		sort: "misuse",
		remedy: "choose a name that `git check-ref-format --branch` accepts, such as retake/fix",
	});
}
