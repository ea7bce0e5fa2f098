/** Words that name nothing, and what to do instead. They may not be part of a file's name or of a declared name. */
export const emptyWords: Readonly<Record<string, string>> = {
	util: "name the idea",
	utils: "name the idea",
	helper: "name what it does",
	helpers: "name what they do",
	misc: "split it by idea",
	manager: "name what it keeps or does: store, pool, registry",
};

/** Names that no file may have as a whole; within a longer name they can mean something. */
export const emptyFileNames: Readonly<Record<string, string>> = {
	common: "name the idea, or move it to the floor where it belongs",
	shared: "name the idea, or move it to the floor where it belongs",
};

/** Abbreviations, and what they stand for. They may not be part of a declared name. */
export const abbreviations: Readonly<Record<string, string>> = {
	arr: "the plural of what it holds",
	buf: "buffer, or bytes",
	cb: "the event's name, or callback",
	cfg: "configuration",
	cnt: "count",
	ctx: "context",
	cur: "current",
	dest: "destination, or target",
	dir: "directory",
	elem: "element",
	fn: "the verb that it does",
	idx: "index",
	impl: "what sets it apart",
	mgr: "what it keeps or does",
	msg: "message",
	num: "count, or number",
	obj: "what it is",
	opts: "options",
	pkg: "package",
	prev: "previous",
	proc: "process",
	ptr: "pointer",
	req: "request",
	res: "response, or result",
	ret: "result",
	str: "text",
	tmp: "temporary, or scratch",
	val: "value",
};

/** Splits a name in camelCase, PascalCase, kebab-case or capitals into its words, in lower case. */
export function wordsOf(name: string): string[] {
	return name
		.replace(/([a-z0-9])([A-Z])/g, "$1 $2")
		.replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
		.split(/[^A-Za-z0-9]+/)
		.filter((word) => word !== "")
		.map((word) => word.toLowerCase());
}
