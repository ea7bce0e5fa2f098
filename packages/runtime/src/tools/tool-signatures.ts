import type { ValueHash } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import type { ToolSignature } from "@retake/recorder";
import { z } from "zod";
import { standardTools, type ToolName } from "./standard-tools.ts";

/** The recorder's view of each standard tool: its name and the hash of its input's JSON schema. */
export const toolSignatures: Readonly<Record<ToolName, ToolSignature>> = mapTools((name) => ({
	kind: "tool",
	name,
	schemaHash: hashCanonical(z.toJSONSchema(standardTools[name].input, { io: "input" }) as CanonicalValue),
}));

/** Hash of each tool's schema, as a run's header keeps them. */
export const toolSchemaHashes: Readonly<Record<string, ValueHash>> = mapTools(
	(name) => toolSignatures[name].schemaHash,
);

function mapTools<Value>(make: (name: ToolName) => Value): Record<ToolName, Value> {
	const names = Object.keys(standardTools) as ToolName[];
	return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<ToolName, Value>;
}
