import { resolve } from "node:path";
import { RetakeError } from "@retake/base";
import type { EvaluateOptions } from "@retake/evaluator";
import { checkNames } from "../flags/check-names.ts";
import { commitTarget } from "../flags/commit-target.ts";
import { namedCommand } from "../flags/named-command.ts";
import type { SandboxFlags } from "../flags/sandbox-flags.ts";
import type { SnapshotFlags } from "../flags/snapshot-flags.ts";
import type { WorkspaceFlags } from "../flags/workspace-flags.ts";
import type { EvalConfiguration } from "./eval-configuration.ts";
import { findPatches } from "./find-patches.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { readPatch } from "./read-patch.ts";

/** The options of `retake eval` as they stand on the command line. */
export interface EvalFlags extends WorkspaceFlags, SandboxFlags, SnapshotFlags {
	readonly config?: string;
	readonly base?: string;
	readonly setup?: string;
	readonly check?: readonly string[];
	readonly candidate?: readonly string[];
	readonly candidateCmd?: readonly string[];
	readonly testPatch?: string;
	readonly jobs?: number;
	readonly setupAllow?: readonly string[];
	readonly commit?: string;
	readonly overwrite?: boolean;
}

/** An evaluation as it was asked for, by the command line and the configuration together. */
export interface EvalRequest {
	readonly sandbox: SandboxFlags & SnapshotFlags;
	readonly options: EvaluateOptions;
}

/** Gathers an evaluation from the command line, which wins, and the configuration. Throws `USAGE`. */
export async function gatherEvalRequest(flags: EvalFlags, workingDirectory: string): Promise<EvalRequest> {
	const { directory, configuration } = await loadConfiguration(flags.config, workingDirectory);
	const given = definedOnly({ ...configuration, ...definedOnly(pickShared(flags)) });
	const checks = flags.check?.map((text) => namedCommand(text, "--check")) ?? namedCommands(configuration.checks);
	const candidates = candidatesOf(flags, workingDirectory) ?? configuredCandidates(configuration, directory);
	requireSome(checks, "check", "--check 'tests=npm test'");
	requireSome(candidates, "candidate", "--candidate fix.patch, or --candidate-cmd 'agent=CMD'");
	checkNames(
		checks.map((check) => check.name),
		"check",
	);
	checkNames(
		candidates.map((candidate) => candidate.name),
		"candidate",
	);
	const testPatch =
		flags.testPatch !== undefined
			? resolve(workingDirectory, flags.testPatch)
			: configuration.testPatch && resolve(directory, configuration.testPatch);
	const { base, setup, jobs } = given;
	const setupAllow = flags.setupAllow ?? configuration.setupAllow;
	return {
		sandbox: definedOnly({
			sandbox: given.sandbox,
			layers: given.layers,
			image: given.image,
			allow: flags.allow ?? configuration.allow,
			secret: flags.secret ?? configuration.secrets,
			clock: given.clock,
			exclude: flags.exclude ?? configuration.exclude,
			include: flags.include ?? configuration.include,
			timeout: flags.timeout ?? configuration.timeoutSeconds,
			memory: flags.memory ?? configuration.memoryMegabytes,
		}),
		options: {
			...definedOnly({ base, setup, jobs, setupAllow: setupAllow && [...setupAllow] }),
			checks,
			candidates,
			...(testPatch ? { testPatch: readPatch(testPatch) } : {}),
			commit: commitTarget(given.commit ?? "none", {
				option: "--commit",
				directory: flags.commit === undefined ? directory : workingDirectory,
				overwrite: flags.overwrite ?? false,
			}),
		},
	};
}

function pickShared({ base, setup, jobs, commit, sandbox, layers, image, clock }: EvalFlags) {
	return { base, setup, jobs, commit, sandbox, layers, image, clock };
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Leaves out what is undefined: to a strict schema an absent option and one that is undefined are not the same. */
function definedOnly<Fields extends object>(fields: Fields): Defined<Fields> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;
}

function namedCommands(commands: Readonly<Record<string, string>> = {}): { name: string; command: string }[] {
	return Object.entries(commands).map(([name, command]) => ({ name, command }));
}

type Candidate = EvaluateOptions["candidates"][number];

function patchCandidates(asked: readonly string[], directory: string): Candidate[] {
	return findPatches(asked, directory).map(({ name, path }) => ({ kind: "patch", name, patch: readPatch(path) }));
}

function candidatesOf(flags: EvalFlags, workingDirectory: string): Candidate[] | null {
	if (flags.candidate === undefined && flags.candidateCmd === undefined) return null;
	const commands = (flags.candidateCmd ?? []).map((text) => namedCommand(text, "--candidate-cmd"));
	return [
		...patchCandidates(flags.candidate ?? [], workingDirectory),
		...commands.map((each): Candidate => ({ kind: "command", ...each })),
	];
}

function configuredCandidates(configuration: EvalConfiguration, directory: string): Candidate[] {
	return [
		...patchCandidates(configuration.candidates ?? [], directory),
		...namedCommands(configuration.candidateCommands).map((each): Candidate => ({ kind: "command", ...each })),
	];
}

function requireSome(list: readonly unknown[], what: string, example: string): void {
	if (list.length > 0) return;
	throw new RetakeError("USAGE", `no ${what} was given`, {
		sort: "misuse",
		remedy: `give at least one: ${example} (or name them in retake.config.ts)`,
	});
}
