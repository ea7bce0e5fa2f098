import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { publishedSchemas } from "../packages/retake/src/json/published-schemas.ts";

/** Writes `docs/schemas/NAME.json` for every document that `--json` prints. A test checks that they are current. */
const directory = fileURLToPath(new URL("../docs/schemas/", import.meta.url));
mkdirSync(directory, { recursive: true });
for (const [name, schema] of Object.entries(publishedSchemas())) {
	writeFileSync(`${directory}${name}.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
