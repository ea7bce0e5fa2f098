import type { AgentSession } from "@retake/runtime";

/** What can be planted in the agent. */
export interface Plants {
	/** Contents of a file that another agent would not write. */
	readonly extra?: string;
	/** Told, while it is executed, of each step of work that the agent does itself; it may never return. */
	readonly during?: (step: string) => Promise<void>;
}

/** Makes an agent with parallel branches, a savepoint and a way back; `model` is who answers when a model is asked. */
export function agentOf(model: string, { extra, during = async () => {} }: Plants = {}) {
	return async (session: AgentSession): Promise<void> => {
		const work = (step: string) =>
			session.perform("step", { step }, async () => {
				await during(step);
				return step;
			});
		await work("plan");
		await session.call("write_file", { path: "plan.txt", content: "plan\n" });
		await session.parallel([
			async () => {
				await session.call("write_file", { path: "left.txt", content: "left\n" });
				await work("left");
				await session.call("edit_file", { path: "left.txt", oldText: "left", newText: "left, then again" });
			},
			async () => {
				await session.call("edit_file", { path: "notes.txt", oldText: "one", newText: "two" });
				await session.call("read_file", { path: "notes.txt" });
			},
		]);
		const savepoint = session.savepoint();
		await session.call("delete_file", { path: "src", recursive: true });
		await work("roll back");
		session.rollbackTo(savepoint);
		if (extra !== undefined) await session.call("write_file", { path: "planted.txt", content: extra });
		const answer = await session.perform("model", { question: "who?" }, async () => {
			await during("model");
			return model;
		});
		await session.call("write_file", { path: "answer.txt", content: answer });
	};
}
