/** What bwrap says on its status descriptor, which no command can reach. */
export interface BubblewrapStatus {
	/** Host process id of the namespace's init; undefined until it exists. */
	readonly init: number | undefined;
	/** The command's exit code, 128 + n for signal n; undefined where the command never started or has not ended. */
	readonly exitCode: number | undefined;
}

/** Reads bwrap's status: JSON documents, one a line. */
export function createStatusReader(): { add(text: string): void; status(): BubblewrapStatus } {
	let rest = "";
	let init: number | undefined;
	let exitCode: number | undefined;
	return {
		add: (text) => {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) {
				if (line.trim() === "") continue;
				const document: unknown = JSON.parse(line);
				init ??= field(document, "child-pid");
				exitCode ??= field(document, "exit-code");
			}
		},
		status: () => ({ init, exitCode }),
	};
}

function field(document: unknown, name: string): number | undefined {
	if (typeof document !== "object" || document === null) return undefined;
	const value: unknown = Reflect.get(document, name);
	return typeof value === "number" ? value : undefined;
}
