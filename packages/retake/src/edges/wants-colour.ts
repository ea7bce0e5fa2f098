/** Decides whether a stream gets colour: NO_COLOR forbids it, FORCE_COLOR asks for it, else a terminal that can show it has it. */
export function wantsColour(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
	const { NO_COLOR: forbidden, FORCE_COLOR: forced, TERM: terminal } = environment;
	if (forbidden !== undefined && forbidden !== "") return false;
	if (forced !== undefined) return forced !== "0" && forced !== "false";
	return isTerminal && terminal !== "dumb";
}
