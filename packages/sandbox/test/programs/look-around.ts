// Probes, then opens sandboxes with each of the limits named as arguments mandatory, and prints what came of it as JSON.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits, isRetakeError, type LimitName } from "@retake/base";
import { createBubblewrapDriver } from "@retake/sandbox";

const treesDirectory = mkdtempSync(join(tmpdir(), "look-"));
const driver = createBubblewrapDriver({ scratchDirectory: tmpdir() });
const failures: unknown[] = [];
const report = await driver.probe();
for (const mandatory of [[], process.argv.slice(2) as LimitName[]]) {
	try {
		await using _ = await driver.open({
			...{ limits: defaultLimits, mandatory, treesDirectory, mounts: [], pathPrefix: [], image: null },
			owner: process.getuid?.() === 0 ? { uid: 61_184, gid: 61_184 } : null,
		});
		failures.push(null);
	} catch (cause) {
		if (!isRetakeError(cause)) throw cause;
		failures.push({ code: cause.code, message: cause.message, remedy: cause.remedy ?? null });
	}
}
process.stdout.write(JSON.stringify({ report, failures }));
