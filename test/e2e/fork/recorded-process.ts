import { openRuntime } from "@retake/runtime";
import { agentOf } from "./agent.ts";

// A process that records a run of the agent, says so when it has come to a step, and waits there to be killed.
const [workspace = "", stopAt] = process.argv.slice(2);
await using runtime = await openRuntime({ workspace, sandbox: "none" });
const base = await runtime.freeze("worktree");
await using session = await runtime.startSession({ base, kind: "library", title: "killed", program: null });
const during = async (step: string) => {
	if (step !== stopAt) return;
	process.stdout.write(`${step}\n`);
	await new Promise((resolve) => setTimeout(resolve, 60_000));
};
await agentOf("model", { during })(session);
