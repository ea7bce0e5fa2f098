import { join } from "node:path";
import { systemClock } from "@retake/base";
import { openRuntime, openSession, type Session } from "@retake/runtime";
import { createBubblewrapDriver, createDockerDriver } from "@retake/sandbox";
import { type BenchRow, type BenchSection, medianOf, type Target } from "../harness/bench-row.ts";
import { type Contestant, interleave } from "../harness/interleave.ts";
import { measure } from "../harness/measure.ts";
import { BareSandbox } from "../peers/bare-sandbox.ts";
import { type DockerEngine, openDockerEngine } from "../peers/docker-engine.ts";
import { npmSandboxes } from "../peers/npm-sandboxes.ts";
import { openDriverRoom } from "../peers/open-driver-room.ts";
import { plantFiles } from "../peers/plant-files.ts";

const bareMount = "bare unshare, overlay mount, bwrap";
const bareExec = "docker exec, container up";
const inRoom = "retake: exec in an open bubblewrap sandbox";
const inDocker = "retake: docker, a container of the pool ready";

/** What the pool is given to start the next container, milliseconds. */
const refillMs = 1000;

/** Compares the start of a sandbox around a command that does nothing. */
export const sandboxRow: BenchRow = {
	name: "sandbox",
	title: "`true` run in a sandbox, over a layer of its own",
	run: async ({ scratch, smoke, peers }) => {
		const rounds = smoke ? 3 : 41;
		const bare = new BareSandbox(join(scratch, "bare"));
		const workspace = join(scratch, "workspace");
		plantFiles(workspace, 50);
		const store = join(scratch, "store");
		await using runtime = await openRuntime({ workspace, store });
		const base = await runtime.freeze("worktree");
		await using session = await runtime.startSession({ base, kind: "library", title: "bench", program: null });
		const start = session.savepoint();
		const notes: string[] = [];
		await using resources = new AsyncDisposableStack();
		const bubblewrap = resources.use(await openDriverRoom(createBubblewrapDriver(), scratch));
		const engine = await tryDocker(notes);
		const docker: Contestant[] = [];
		if (engine !== null) {
			resources.use(engine);
			const open = async (spareRooms: number) => {
				const driver = createDockerDriver({ socketPath: engine.socketPath, clock: systemClock, spareRooms });
				return resources.use(await openDriverRoom(driver, scratch));
			};
			const [pooled, cold] = [await open(1), await open(0)];
			docker.push(
				{ name: bareExec, sample: () => engine.exec() },
				{
					name: inDocker,
					sample: async () => {
						// Its successor starts while a command runs; between commands of an agent there is more time than this.
						await new Promise((resolve) => setTimeout(resolve, refillMs));
						return pooled.sample();
					},
				},
				{ name: "retake: docker, four without a pause", sample: () => pooled.sampleEach(4) },
				{ name: "retake: docker, no pool", sample: () => cold.sample() },
				{ name: "docker run", sample: () => engine.run() },
				{ name: "runc run, bare", sample: () => engine.runc() },
			);
		}
		const section = {
			title: "run true",
			measurements: await interleave(
				[
					{ name: bareMount, sample: () => bare.sample() },
					{ name: inRoom, sample: () => bubblewrap.sample() },
					{
						name: "retake: call exec in an open session, on record",
						sample: async () => {
							const milliseconds = await measure(() => runTrue(session));
							session.rollbackTo(start);
							return milliseconds;
						},
					},
					{
						name: "retake: openSession from cold, exec, roll back",
						sample: () =>
							measure(async () => {
								await using cold = await openSession({ workspace, store });
								await runTrue(cold);
								await cold.rollback();
							}),
					},
					...(await npmSandboxes(peers, scratch, notes)),
					...docker,
				],
				rounds,
			),
		};
		return { sections: [section], targets: targetsOf(section, engine), notes };
	},
};

function targetsOf(section: BenchSection, engine: DockerEngine | null): readonly Target[] {
	const times = (ours: string, theirs: string): number => medianOf(section, ours) / medianOf(section, theirs);
	const bubblewrap: Target = {
		text: "bubblewrap, times the bare mount and bwrap",
		measured: times(inRoom, bareMount),
		allowed: 1.5,
		unit: "×",
	};
	if (engine === null) return [bubblewrap];
	const docker: Target = {
		text: "docker with its pool, times docker exec",
		measured: times(inDocker, bareExec),
		allowed: 1.2,
		unit: "×",
	};
	return [bubblewrap, docker];
}

async function runTrue(session: Session): Promise<void> {
	const { exitCode } = await session.call("exec", { argv: ["true"] });
	if (exitCode !== 0) throw new Error(`true ended with ${exitCode}`);
}

async function tryDocker(notes: string[]): Promise<DockerEngine | null> {
	try {
		return await openDockerEngine();
	} catch (error) {
		const [reason = ""] = String(error).split("\n");
		notes.push(`Docker takes no part here: ${reason}`);
		return null;
	}
}
