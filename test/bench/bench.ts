import { mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchRow, isMet } from "./harness/bench-row.ts";
import { describeMachine, machineText } from "./harness/describe-machine.ts";
import { renderRow } from "./harness/render-row.ts";
import { captureRow } from "./rows/capture.ts";
import { commitRow } from "./rows/commit.ts";
import { commitManyRow } from "./rows/commit-many.ts";
import { diffPageRow } from "./rows/diff-page.ts";
import { evaluationRow } from "./rows/evaluation.ts";
import { fileSystemRow } from "./rows/file-system.ts";
import { fileWorkRow } from "./rows/file-work.ts";
import { forkRow } from "./rows/fork.ts";
import { httpPlaybackRow } from "./rows/http-playback.ts";
import { importTranscriptRow } from "./rows/import-transcript.ts";
import { largeWorkspaceRow } from "./rows/large-workspace.ts";
import { longRunRow } from "./rows/long-run.ts";
import { networkRow } from "./rows/network.ts";
import { processorWorkRow } from "./rows/processor-work.ts";
import { recordRow } from "./rows/record.ts";
import { sandboxRow } from "./rows/sandbox.ts";
import { serveRow } from "./rows/serve.ts";
import { snapshotRow } from "./rows/snapshot.ts";
import { traceDiffRow } from "./rows/trace-diff.ts";

const usage = `Usage: pnpm bench [--smoke] [--only NAME]... [--json FILE] [--peers DIRECTORY]

  --smoke      tiny sizes and few rounds: shows that every row runs
  --only       runs the row with that name; may be given several times
  --json       writes every sample to a file
  --peers      directory where peers from npm are installed: npm install --prefix DIRECTORY agentfs-sdk just-bash nock
               @pollyjs/core @pollyjs/adapter-fetch @pollyjs/persister-fs @copilotkit/aimock
               @anthropic-ai/sandbox-runtime (wants Debian's ripgrep and socat) @openai/codex (a DIRECTORY not below /tmp)
`;

const rows: readonly BenchRow[] = [
	forkRow,
	snapshotRow,
	captureRow,
	largeWorkspaceRow,
	sandboxRow,
	networkRow,
	recordRow,
	longRunRow,
	serveRow,
	httpPlaybackRow,
	traceDiffRow,
	diffPageRow,
	importTranscriptRow,
	evaluationRow,
	commitRow,
	fileSystemRow,
	fileWorkRow,
	processorWorkRow,
	commitManyRow,
];

const { values } = parseArgs({
	options: {
		smoke: { type: "boolean", default: false },
		only: { type: "string", multiple: true, default: [] },
		json: { type: "string" },
		peers: { type: "string" },
		help: { type: "boolean", default: false },
	},
});
if (values.help) process.stdout.write(usage);
else await bench();

async function bench(): Promise<void> {
	const machine = describeMachine();
	const size = values.smoke ? "smoke: sizes too small to be figures" : "full";
	process.stdout.write(`retake bench (${size})\n${machineText(machine)}\n\n`);
	// Removed at the end: a hundred thousand files on their way out would slow down the next row.
	using scratch = mkdtempDisposableSync(join(tmpdir(), "retake-bench-"));
	const reports = [];
	for (const row of chosenRows()) {
		const place = join(scratch.path, row.name);
		mkdirSync(place);
		const result = await row.run({ smoke: values.smoke, scratch: place, peers: values.peers ?? null });
		process.stdout.write(`${renderRow(row, result)}\n`);
		const targets = result.targets.map((target) => ({ ...target, met: isMet(target) }));
		reports.push({ name: row.name, title: row.title, ...result, targets });
	}
	process.stdout.write(`load at the end ${describeMachine().load.toFixed(1)}\n`);
	const report = { smoke: values.smoke, machine, loadAtEnd: describeMachine().load, rows: reports };
	if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, "\t")}\n`);
}

function chosenRows(): readonly BenchRow[] {
	const names = rows.map((row) => row.name);
	const unknown = values.only.filter((name) => !names.includes(name));
	if (unknown.length > 0) throw new Error(`no row is named ${unknown.join(", ")}; there are ${names.join(", ")}`);
	return values.only.length === 0 ? rows : rows.filter((row) => values.only.includes(row.name));
}
