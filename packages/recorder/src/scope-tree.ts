import { AsyncLocalStorage } from "node:async_hooks";
import { RetakeError } from "@retake/base";
import type { CallAddress } from "./trace/event.ts";

interface Scope {
	readonly path: string;
	nextCall: number;
	nextGroup: number;
}

/**
 * Gives calls their addresses. A scope is carried along the program's own asynchronous flow, and a branch of a parallel
 * group is named by its ordinal, so that the order in which siblings happen to run numbers nothing.
 */
export class ScopeTree {
	readonly #root: Scope = { path: "/", nextCall: 0, nextGroup: 0 };
	readonly #current = new AsyncLocalStorage<Scope | "inside a call">();

	/** Gives the next address of the current scope. Throws `USAGE` inside the execution of a call. */
	issue(): CallAddress {
		const scope = this.#scope();
		return { scope: scope.path, sequence: scope.nextCall++ };
	}

	/** Runs what a call executes. Playback never executes it, so calls from there could never be served: they are refused. */
	insideCall<Value>(body: () => Value): Value {
		return this.#current.run("inside a call", body);
	}

	/**
	 * Runs the branches at once, each in a scope of its own, and waits for all of them, so that none is left running.
	 * Throws what the first failed branch threw, by ordinal. `ended` is told of each branch's scope when it has ended.
	 */
	async parallel<Value>(
		branches: readonly (() => Promise<Value>)[],
		ended: (scope: string) => void = () => {},
	): Promise<Value[]> {
		const parent = this.#scope();
		const group = parent.nextGroup++;
		const settled = await Promise.allSettled(
			branches.map(async (branch, ordinal) => {
				const path = `${parent.path === "/" ? "" : parent.path}/${group}/${ordinal}`;
				const value = await this.#current.run({ path, nextCall: 0, nextGroup: 0 }, branch);
				ended(path);
				return value;
			}),
		);
		return settled.map((outcome) => {
			if (outcome.status === "rejected") throw outcome.reason;
			return outcome.value;
		});
	}

	#scope(): Scope {
		const scope = this.#current.getStore() ?? this.#root;
		if (scope !== "inside a call") return scope;
		throw new RetakeError("USAGE", "a tool that is being executed cannot issue calls of its own", {
			sort: "misuse",
			remedy: "make the calls from the program, and hand their results to the tool as input",
		});
	}
}
