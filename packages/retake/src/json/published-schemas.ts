import { z } from "zod";
import { changesDocument } from "./changes-document.ts";
import { commitDocument } from "./commit-document.ts";
import { diffDocument } from "./diff-document.ts";
import { diffManyDocument } from "./diff-many-document.ts";
import { doctorDocument } from "./doctor-document.ts";
import { errorDocument } from "./error-document.ts";
import { evalDocument } from "./eval-document.ts";
import { exportDocument } from "./export-document.ts";
import { gcDocument } from "./gc-document.ts";
import { imageDocument } from "./image-document.ts";
import { importDocument } from "./import-document.ts";
import { reapplyDocument } from "./reapply-document.ts";
import { recoverDocument } from "./recover-document.ts";
import { replayDocument } from "./replay-document.ts";
import { resumeDocument } from "./resume-document.ts";
import { rollbackDocument } from "./rollback-document.ts";
import { runDocument } from "./run-document.ts";
import { runsDocument } from "./runs-document.ts";
import { showDocument } from "./show-document.ts";

const documents = {
	eval: evalDocument,
	run: runDocument,
	replay: replayDocument,
	resume: resumeDocument,
	reapply: reapplyDocument,
	diff: diffDocument,
	"diff-many": diffManyDocument,
	runs: runsDocument,
	show: showDocument,
	changes: changesDocument,
	commit: commitDocument,
	rollback: rollbackDocument,
	export: exportDocument,
	import: importDocument,
	image: imageDocument,
	doctor: doctorDocument,
	gc: gcDocument,
	recover: recoverDocument,
	error: errorDocument,
} as const;

/** Returns the published JSON Schema (2020-12) of every document that `--json` prints, by the verb's name, and of the error. */
export function publishedSchemas(): Readonly<Record<keyof typeof documents, object>> {
	const entries = Object.entries(documents).map(([name, document]) => [
		name,
		{ title: name === "error" ? "what a failed command prints" : `retake ${name} --json`, ...z.toJSONSchema(document) },
	]);
	return Object.fromEntries(entries) as Record<keyof typeof documents, object>;
}
