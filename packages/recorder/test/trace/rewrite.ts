import { DatabaseSync } from "node:sqlite";

/** Changes a store behind its back, as an attacker with the file would; returns how many rows were touched. */
export function rewrite(file: string, statements: readonly string[]): number {
	const database = new DatabaseSync(file);
	let rows = 0;
	for (const statement of statements) rows += Number(database.prepare(statement).run().changes);
	database.close();
	return rows;
}
