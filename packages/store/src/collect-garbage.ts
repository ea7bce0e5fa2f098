import type { Connection } from "./connection.ts";
import type { GarbageReport } from "./store.ts";

/** Runs and facts hold what they refer to; so does a young changeset, whose run may not have been told of it yet. */
const live = `
	WITH live (kind, id) AS (
		SELECT target_kind, target FROM reference WHERE source_kind != 'changeset'
		UNION SELECT 'changeset', hash FROM changeset WHERE written_at >= :cutoff
		UNION SELECT reference.target_kind, reference.target FROM live
			JOIN reference ON live.kind = 'changeset' AND source_kind = 'changeset' AND source = lower(hex(live.id))
	)`;
const deadBlobs = "written_at < :cutoff AND hash NOT IN (SELECT id FROM live WHERE kind = 'blob')";
const deadChangesets = "written_at < :cutoff AND hash NOT IN (SELECT id FROM live WHERE kind = 'changeset')";

/** Frees what nothing refers to and what is older than `graceMs` milliseconds; with `dryRun` only counts it. */
export function collectGarbage(
	connection: Connection,
	options: { readonly dryRun: boolean; readonly graceMs: number },
): GarbageReport {
	const { database, clock } = connection;
	const parameters = { cutoff: clock.now() - options.graceMs + 1 };
	const report = connection.atomically(() => {
		const blobs = database
			.prepare(`${live} SELECT count(*) AS blobs, coalesce(sum(size), 0) AS bytes FROM blob WHERE ${deadBlobs}`)
			.get(parameters) as { blobs: number; bytes: number };
		const { bytesOnDisk } = database
			.prepare(
				`${live} SELECT coalesce(sum(length(bytes)), 0) AS bytesOnDisk FROM blob_chunk
				WHERE blob IN (SELECT id FROM blob WHERE ${deadBlobs})`,
			)
			.get(parameters) as { bytesOnDisk: number };
		const { changesets } = database
			.prepare(`${live} SELECT count(*) AS changesets FROM changeset WHERE ${deadChangesets}`)
			.get(parameters) as { changesets: number };
		if (!options.dryRun) {
			database.prepare(`${live} DELETE FROM blob WHERE ${deadBlobs}`).run(parameters);
			database.prepare(`${live} DELETE FROM changeset WHERE ${deadChangesets}`).run(parameters);
			database.exec(
				"DELETE FROM reference WHERE source_kind = 'changeset' AND unhex(source) NOT IN (SELECT hash FROM changeset)",
			);
		}
		return { ...blobs, bytesOnDisk, changesets };
	});
	if (!options.dryRun) connection.guard(() => database.pragma("incremental_vacuum"));
	return report;
}
