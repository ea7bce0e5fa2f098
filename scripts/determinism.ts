import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "@retake/base";
import { buildImage, readImageDeclaration, requireArtefact } from "@retake/sandbox";
import { ensureDocker } from "@retake/testkit";
import { corpus } from "../test/determinism/corpus.ts";
import { type CorpusOutcome, compareInDocker, verifyCorpus } from "../test/determinism/run-corpus.ts";

// Executes the corpus twice under each subject, and prints which commands came out the same to the byte, and why the others did not.
const { values } = parseArgs({
	options: {
		images: { type: "string", default: join(process.env["HOME"] ?? "/", ".cache/retake/images") },
		only: { type: "string", default: "" },
		"no-docker": { type: "boolean", default: false },
	},
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const commands = corpus.filter(({ kind, script }) => `${kind} ${script}`.includes(values.only));

say("the image of the corpus");
const { image } = await buildImage(
	readImageDeclaration(join(import.meta.dirname, "../sandbox-images/corpus/image.json")),
	{
		images: values.images,
		clock: systemClock,
		architecture: process.arch,
		lock: null,
		environment: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""])),
		onProgress: say,
	},
);
const options = { image: "corpus", images: values.images, limits: { timeoutMs: 300_000 } } as const;
const subjects = new Map<string, readonly CorpusOutcome[]>();
subjects.set("fixed clock", await verifyCorpus(commands, { ...options, clock: "fixed" }, say));
subjects.set("host's clock", await verifyCorpus(commands, { ...options, clock: "host" }, say));
if (!values["no-docker"]) {
	const docker = await ensureDocker();
	try {
		const reference = "retake/corpus:kept";
		const tar = await requireArtefact(values.images, image);
		execFileSync("docker", ["-H", `unix://${docker.socketPath}`, "import", tar, reference], { stdio: "ignore" });
		subjects.set("docker run", await compareInDocker(commands, { socketPath: docker.socketPath, reference }, say));
	} finally {
		await docker.stop();
	}
}

const names = [...subjects.keys()];
const escape = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const cell = ({ difference }: CorpusOutcome): string =>
	difference === null ? "same" : `${difference.fields.join(", ")} (${difference.cause})`;
const lines = [
	`| kind | command | exit | ${names.join(" | ")} |`,
	`| --- | --- | --- | ${names.map(() => "---").join(" | ")} |`,
	...commands.map(({ kind, script }, index) => {
		const outcomes = names.map((name) => subjects.get(name)?.[index]);
		const cells = outcomes.map((outcome) => (outcome === undefined ? "" : cell(outcome)));
		return `| ${kind} | \`${escape(script)}\` | ${outcomes[0]?.exitCode ?? "signal"} | ${cells.join(" | ")} |`;
	}),
	"",
	...[...subjects].flatMap(([name, all]) => {
		const probes = all.filter(({ command }) => command.kind === "probe");
		const outcomes = all.filter(({ command }) => command.kind !== "probe");
		const missed = outcomes.filter(({ difference }) => difference !== null);
		const same = outcomes.length - missed.length;
		return [
			`${name}: ${same} of ${outcomes.length} the same to the byte (${((100 * same) / outcomes.length).toFixed(1)} %)`,
			`  and ${probes.filter(({ difference }) => difference === null).length} of ${probes.length} probes`,
			...[...missed, ...probes.filter(({ difference }) => difference !== null)].map(
				({ command, difference }) =>
					`  ${command.script.slice(0, 70)}: ${name === "fixed clock" && command.miss !== undefined ? command.miss : difference?.example}`,
			),
		];
	}),
];
process.stdout.write(`${lines.join("\n")}\n`);
const unexplained = (subjects.get("fixed clock") ?? []).filter(
	({ command, difference }) => difference !== null && command.miss === undefined,
);
for (const { command } of unexplained) say(`not explained: ${command.script}`);
process.exit(unexplained.length === 0 ? 0 : 1);
