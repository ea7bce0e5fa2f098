import type { ValueHash } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import { z } from "zod";

/** What libraries for schemas agree on (https://standardschema.dev): zod, valibot, arktype and others make such. */
export interface StandardSchema<Input = unknown, Output = Input> {
	readonly "~standard": {
		readonly version: 1;
		readonly vendor: string;
		readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
		readonly types?: { readonly input: Input; readonly output: Output } | undefined;
	};
}

/** What a schema says of a value. */
export type SchemaResult<Output> =
	| { readonly value: Output; readonly issues?: undefined }
	| { readonly issues: readonly SchemaIssue[] };

/** Why a value does not fit. */
export interface SchemaIssue {
	readonly message: string;
	readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What goes into a schema. */
export type SchemaInput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["input"];

/** What comes out of a schema, defaults filled in. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["output"];

/** Hashes what a schema says, where it can say it as JSON Schema; one that cannot is taken for no schema. */
export function schemaHashOf(schema: unknown): ValueHash {
	return hashCanonical(jsonSchemaOf(schema) as CanonicalValue);
}

function jsonSchemaOf(schema: unknown): unknown {
	if (schema instanceof z.ZodType) {
		return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
	}
	if (typeof schema !== "object" || schema === null) return null;
	// The AI SDK's own schemas carry theirs.
	if ("jsonSchema" in schema) return plainOrNull(schema.jsonSchema);
	return "type" in schema && !("~standard" in schema) ? plainOrNull(schema) : null;
}

function plainOrNull(schema: unknown): unknown {
	if (typeof schema !== "object" || schema === null || schema instanceof Promise) return null;
	return JSON.parse(JSON.stringify(schema));
}
