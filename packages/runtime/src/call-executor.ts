import { assert, type ChangesetId, RetakeError, type SandboxLimits } from "@retake/base";
import { type CanonicalValue, emptyAttributes, spellPath, type TreeAttributes } from "@retake/changeset";
import type { Executed } from "@retake/recorder";
import type { ExecRequest, ExecResult } from "@retake/sandbox";
import type { Store } from "@retake/store";
import type { Transaction, WritableLayer } from "@retake/txfs";
import { layOver } from "./lay-over.ts";
import type { SharedSandbox } from "./shared-sandbox.ts";
import { writeChange } from "./stored-attributes.ts";
import { standardTools, type ToolName } from "./tools/standard-tools.ts";
import type { ReadContext, WriteContext } from "./tools/tool.ts";

/** What an executor works on. */
export interface CallExecutorParts {
	readonly store: Pick<Store, "blobs" | "changesets">;
	readonly limits: SandboxLimits;
	readonly transaction: Transaction;
	readonly sandbox: SharedSandbox;
	/** The network of commands that ask for none; none of their own where absent. */
	readonly network?: () => ExecRequest["network"];
}

/** Does what calls ask for, each in a step of its own. One at a time: the caller sees to that. */
export class CallExecutor {
	readonly #parts: CallExecutorParts;

	constructor(parts: CallExecutorParts) {
		this.#parts = parts;
	}

	/** What steps have left. */
	get changesets(): Store["changesets"] {
		return this.#parts.store.changesets;
	}

	/** Executes a standard tool on checked input. Throws the tool's error, or the infrastructure's. */
	async tool(
		name: ToolName,
		input: CanonicalValue,
		signal: AbortSignal,
		chunk?: WriteContext["chunk"],
	): Promise<Executed> {
		const { transaction, store, limits } = this.#parts;
		signal.throwIfAborted();
		const context: ReadContext = { tree: transaction, blobs: store.blobs, limits, signal };
		const tool = standardTools[name];
		if (tool.effect === "reads") {
			const run = tool.run as unknown as (given: ReadContext, input: CanonicalValue) => Promise<CanonicalValue>;
			return { value: await run(context, input), changesetId: null };
		}
		const run = tool.run as unknown as (given: WriteContext, input: CanonicalValue) => Promise<CanonicalValue>;
		const { value, refused, ...change } = await transaction.step((layer) =>
			run({ ...context, layer, chunk, exec: (request) => this.#exec(layer, request, signal) }, input),
		);
		const result =
			tool.name === "exec"
				? { ...(value as object), refused: refused.map(({ path, reason }) => ({ path: spellPath(path), reason })) }
				: value;
		return { value: result, ...writeChange(store, change) };
	}

	/** Makes every path of a stored changeset what the changeset says, whatever is there, with the attributes given for it. */
	async layOver(changesetId: ChangesetId, attributes: TreeAttributes = emptyAttributes): Promise<Executed> {
		const { transaction, store } = this.#parts;
		const wanted = store.changesets.read(changesetId);
		const change = await transaction.step(async (layer) => layer.apply(layOver(transaction, wanted), attributes));
		return { value: null, ...writeChange(store, change) };
	}

	async #exec(
		layer: WritableLayer,
		request: Parameters<WriteContext["exec"]>[0],
		signal: AbortSignal,
	): Promise<ExecResult> {
		const { sandbox, network } = this.#parts;
		const room = await sandbox.get();
		assert(layer.mount !== null, "a session with a sandbox has layers that can be mounted");
		try {
			return await room.exec({ ...request, network: network?.() ?? request.network, signal, workspace: layer.mount });
		} catch (cause) {
			if (cause instanceof RetakeError) throw cause;
			throw new RetakeError("SANDBOX_FAILED", "the sandbox failed while it ran a command", {
				cause,
				remedy: "run `retake doctor`",
			});
		}
	}
}
