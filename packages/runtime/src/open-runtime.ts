import { join, resolve } from "node:path";
import { RetakeError, type RunId, systemClock, systemRandomness, type TreeId } from "@retake/base";
import { type Changeset, emptyChangeset } from "@retake/changeset";
import { decodeHeader, openTrace, startPlayback } from "@retake/recorder";
import { createBubblewrapDriver, createDockerDriver, type DriverReport, type SandboxOptions } from "@retake/sandbox";
import { openStore, type RunRecord } from "@retake/store";
import { emptySnapshot, openSnapshots, recoverWorktree, repositoryHead } from "@retake/txfs";
import { CallExecutor } from "./call-executor.ts";
import { checkOptions } from "./check-options.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { checkTarget, commitRun, requireKept } from "./commit-run.ts";
import { createDriver, dockerAddress } from "./create-driver.ts";
import { hostOwner } from "./host-owner.ts";
import { nodeToolchain } from "./node-toolchain.ts";
import { PlayedBackSession } from "./playback-session.ts";
import { prepareBase } from "./prepare-base.ts";
import type { Base, Runtime, RuntimePorts, Watch } from "./runtime.ts";
import {
	type CheckedRuntimeOptions,
	completeLimits,
	type RuntimeOptions,
	runtimeOptionsSchema,
} from "./runtime-options.ts";
import type { RuntimeResources, SandboxBounds } from "./runtime-resources.ts";
import { SessionFactory } from "./session-factory.ts";
import { networkForSandbox, networkToRecord, withAllowed } from "./session-network.ts";
import { SharedSandbox } from "./shared-sandbox.ts";
import { baseChange, readChange } from "./stored-attributes.ts";
import { createSurroundings, environmentDifferences } from "./surroundings.ts";
import { verifyRun } from "./verify-run.ts";
import { freshSandboxes } from "./warm-sandboxes.ts";
import { workspaceDirectory } from "./workspace-directory.ts";

/**
 * Opens everything that belongs to a workspace: its store, its snapshots, its sandbox driver. Nothing is started and nothing
 * outside the store is touched yet. Throws `USAGE`, `WORKSPACE_NOT_FOUND`, `WORKSPACE_NOT_DIRECTORY`, `STORE_NEWER`, `STORE_DAMAGED`.
 */
export async function openRuntime(options: RuntimeOptions, ports: Partial<RuntimePorts> = {}): Promise<Runtime> {
	const checked = checkOptions(runtimeOptionsSchema, options);
	const { clock, randomness } = { clock: systemClock, randomness: systemRandomness, ...ports };
	const workspace = workspaceDirectory(checked.workspace);
	const state = checked.store ?? join(workspace, ".retake");
	const store = openStore(state, { clock });
	const owner = hostOwner();
	const { secrets, durability, layers, exclude, include } = checked;
	const network = networkToRecord(checked);
	const limits = completeLimits(checked.limits);
	const images = checked.images ?? resolve(state, "images");
	const driver = createDriver(checked.sandbox, dockerAddress(checked), images, clock, layers);
	const layersFor = async () =>
		layers === "auto"
			? ((await driver?.layersFor({ treesDirectory: store.treesDirectory, owner })) ?? "overlay")
			: kindOf(layers);
	const toolchain = checked.toolchain === "node" ? nodeToolchain() : { mounts: [], pathPrefix: [] };
	const sandboxOptions: SandboxOptions = {
		limits,
		mandatory: checked.mandatory,
		treesDirectory: store.treesDirectory,
		mounts: [...toolchain.mounts, ...checked.mounts],
		pathPrefix: [...checked.pathPrefix, ...toolchain.pathPrefix],
		owner,
		image: checked.image ?? null,
	};
	const surroundings = createSurroundings(checked, driver, resolve(state));
	const newSandbox = ({ limits: within, network, door, sandbox, warm }: SandboxBounds) => {
		const reach = door === undefined ? networkForSandbox(network, checked) : undefined;
		const options = {
			...sandboxOptions,
			...surroundings.settings(sandbox),
			limits: within,
			...(reach === undefined ? {} : { network: reach }),
			...(door === undefined ? {} : { door }),
		};
		if (driver === null) return new SharedSandbox(null);
		const source = door === undefined ? warm?.source(driver, options) : undefined;
		return new SharedSandbox(source ?? freshSandboxes(driver, options));
	};
	const snapshots = openSnapshots({ store, owner });
	const resources: RuntimeResources = {
		workspace,
		store,
		snapshots,
		owner,
		driver,
		layersFor,
		limits,
		surroundings,
		secrets,
		durability,
		network,
		newSandbox,
	};
	const commit = (run: RunRecord, to: Parameters<Runtime["commitRun"]>[1]) =>
		commitRun(store, { ...ports, clock }, workspace, run, to);
	const sessions = new SessionFactory(resources, { clock, randomness }, (runId: RunId, to) =>
		commit(store.runs.get(runId), to),
	);

	const freeze = async (asked: string, watch: Watch = {}): Promise<Base> => {
		await recoverWorktree(workspace);
		if (asked === "worktree") {
			return {
				snapshot: await snapshots.fromDirectory(workspace, { ...watch, exclude, include }),
				commit: await repositoryHead(workspace),
				asked,
				submodules: [],
			};
		}
		const { snapshot, commit, submodules } = await snapshots.fromCommit(workspace, asked, watch);
		return { snapshot, commit, asked, submodules };
	};

	const reopenBase = (treeId: TreeId): Base => {
		const snapshot = snapshots.open(treeId);
		if (snapshot !== null) return { snapshot, commit: null, asked: treeId, submodules: [] };
		throw new RetakeError("BASE_NOT_FOUND", `the snapshot ${treeId.slice(0, 12)} is no longer in the store`, {
			data: { treeId },
			remedy: "play the run back from its record instead, which needs no snapshot",
		});
	};

	return {
		workspace,
		store,
		driver,
		limits,
		ports: { clock, randomness },
		freeze,
		emptyBase: { snapshot: emptySnapshot, commit: null, asked: "nothing", submodules: [] },
		reopenBase,
		prepare: async (base, setup, watch = {}) => {
			const { driver: environment = "", imageDigest = "", clock: itsClock = "" } = await surroundings.fingerprint();
			const around = [environment, imageDigest, itsClock].filter((each) => each !== "").join(" ");
			const sandbox = newSandbox({ limits, network: withAllowed(network, setup.allow) });
			try {
				return await prepareBase(
					base,
					setup,
					{ store, snapshots, owner, sandbox, layersFor, limits, environment: around, network },
					watch,
				);
			} finally {
				await sandbox.release();
			}
		},
		startSession: (start) => sessions.start(start),
		forkRun: async (run, how = {}) => {
			const { base } = decodeHeader(run.header);
			return sessions.fork(run, { ...reopenBase(base.treeId), commit: base.commit }, how);
		},
		openPlayback: (run, policy, { patience, timeScale = 0 } = {}) => {
			const patient = patience === undefined ? {} : { stallTimeoutMs: Number.POSITIVE_INFINITY };
			const how = { policy, secrets, pace: { timeScale, clock }, ...patient };
			return new PlayedBackSession(store, run, startPlayback({ store, run: run.runId, ...how }));
		},
		verify: async (run, watch = {}) => {
			const recorded = decodeHeader(run.header);
			const sandbox = newSandbox({ ...recorded, ...(watch.door === undefined ? {} : { door: watch.door }) });
			const transaction = await sessions.beginTransaction(reopenBase(recorded.base.treeId), sandbox, recorded.limits);
			try {
				const began = baseChange(recorded.base);
				if (began !== null) {
					const { changeset, attributes } = readChange(store, began);
					await transaction.step(async (layer) => layer.apply(changeset, attributes));
				}
				const executor = new CallExecutor({ store, limits: recorded.limits, transaction, sandbox });
				const report = await verifyRun(openTrace(store, run.runId), transaction, executor, {
					policy: watch.policy ?? "strict",
					signal: watch.signal ?? new AbortController().signal,
				});
				const actual = await surroundings.fingerprint(recorded.sandbox);
				return { ...report, environment: environmentDifferences(recorded.sandbox, actual) };
			} finally {
				await transaction[Symbol.asyncDispose]();
				await sandbox.release();
			}
		},
		changesOf: (run): Changeset => (run.changesetId === null ? emptyChangeset : store.changesets.read(run.changesetId)),
		checkTarget: (base, to) => checkTarget(workspace, base.commit, to),
		commitRun: commit,
		rollbackRun: (run) => {
			requireKept(run);
			store.runs.decide(run.runId, "rolled-back");
		},
		probe: (): Promise<DriverReport[]> =>
			// Where the layers of a session would be: what an overlay can do depends on the file system.
			Promise.all([
				createBubblewrapDriver({ scratchDirectory: resolve(state) }).probe(),
				createDockerDriver({ ...dockerAddress(checked), clock }).probe(),
			]),
		collectGarbage: async (request) => collectGarbage({ store, snapshots, workspace, clock }, request),
		[Symbol.asyncDispose]: async () => {
			snapshots[Symbol.dispose]();
			store[Symbol.dispose]();
		},
	};
}

function kindOf(layers: Exclude<CheckedRuntimeOptions["layers"], "auto">): "overlay" | "copy" {
	return layers === "copy" ? "copy" : "overlay";
}
