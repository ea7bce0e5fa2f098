/** Reads the variables that an image's configuration sets, written `NAME=VALUE`. Source: the OCI image specification, config.md. */
export function variablesOf(texts: readonly string[] | null | undefined): Readonly<Record<string, string>> {
	return Object.fromEntries(
		(texts ?? []).map((text) => {
			const at = text.indexOf("=");
			return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
		}),
	);
}
