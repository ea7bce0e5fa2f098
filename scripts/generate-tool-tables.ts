import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withToolTables } from "./docs/tool-tables.ts";

// Writes the tables of the standard tools into docs/library.md. A test fails while the page is not up to date.
const page = join(import.meta.dirname, "../docs/library.md");
writeFileSync(page, withToolTables(readFileSync(page, "utf8")));
