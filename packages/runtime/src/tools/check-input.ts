import { RetakeError } from "@retake/base";
import { z } from "zod";
import { standardTools, type ToolInput, type ToolName } from "./standard-tools.ts";

/** Returns a tool's input with its defaults filled in. Throws `TOOL_UNKNOWN` or `TOOL_INPUT`. */
export function checkInput<Name extends ToolName>(
	name: Name,
	input: ToolInput<Name>,
): z.output<(typeof standardTools)[Name]["input"]> {
	const tool = Object.hasOwn(standardTools, name) ? standardTools[name] : undefined;
	if (tool === undefined) {
		throw new RetakeError("TOOL_UNKNOWN", `no tool is named "${name}"`, {
			sort: "misuse",
			remedy: `use one of ${Object.keys(standardTools).join(", ")}`,
		});
	}
	const parsed = tool.input.safeParse(input);
	if (!parsed.success) {
		throw new RetakeError("TOOL_INPUT", `${name}: ${z.prettifyError(parsed.error)}`, {
			sort: "misuse",
			data: { issues: parsed.error.issues },
		});
	}
	return parsed.data as z.output<(typeof standardTools)[Name]["input"]>;
}
