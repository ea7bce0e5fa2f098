import { AsyncLocalStorage } from "node:async_hooks";
import { RetakeError } from "@retake/base";
import type { StreamPlace } from "./random-streams.ts";
import type { CallAddress } from "./trace/event.ts";

interface Scope {
	readonly path: string;
	nextCall: number;
	nextGroup: number;
	/** By name: how many scopes of that name were opened. */
	readonly named: Map<string, number>;
	/** By kind and name of the stream. */
	readonly draws: Map<string, number>;
}

const scopeName = /^[a-z][a-z0-9_-]{0,63}$/;

function openScope(path: string): Scope {
	return { path, nextCall: 0, nextGroup: 0, named: new Map(), draws: new Map() };
}

/**
 * Gives calls their addresses. A scope is carried along the program's own asynchronous flow, and a branch of a parallel
 * group is named by its ordinal, so that the order in which siblings happen to run numbers nothing.
 */
export class ScopeTree {
	readonly #root = openScope("/");
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
				const path = pathBelow(parent, `${group}/${ordinal}`);
				const value = await this.#current.run(openScope(path), branch);
				ended(path);
				return value;
			}),
		);
		return settled.map((outcome) => {
			if (outcome.status === "rejected") throw outcome.reason;
			return outcome.value;
		});
	}

	/**
	 * Runs `body` in a scope with a name of its own, `/NAME:ORDINAL`, counted by name: what the others do numbers nothing in it. Throws `USAGE` for a
	 * name that is none.
	 */
	async named<Value>(
		name: string,
		body: () => Promise<Value>,
		ended: (scope: string) => void = () => {},
	): Promise<Value> {
		if (!scopeName.test(name)) throw badScopeName(name);
		const parent = this.#scope();
		const ordinal = parent.named.get(name) ?? 0;
		parent.named.set(name, ordinal + 1);
		const path = pathBelow(parent, `${name}:${ordinal}`);
		const value = await this.#current.run(openScope(path), body);
		ended(path);
		return value;
	}

	/** Takes the next place of one of the current scope's streams. Throws `USAGE` inside the execution of a call. */
	draw(kind: StreamPlace["kind"], name: string): StreamPlace {
		const { path, draws } = this.#scope();
		const key = `${kind} ${name}`;
		const draw = draws.get(key) ?? 0;
		draws.set(key, draw + 1);
		return { scope: path, kind, name, draw };
	}

	#scope(): Scope {
		const scope = this.#current.getStore() ?? this.#root;
		if (scope !== "inside a call") return scope;
		throw new RetakeError("USAGE", "a tool that is being executed cannot issue calls or draw values of its own", {
			sort: "misuse",
			remedy: "make the calls from the program, and hand their results to the tool as input",
		});
	}
}

function pathBelow({ path }: Scope, step: string): string {
	return `${path === "/" ? "" : path}/${step}`;
}

function badScopeName(name: string): RetakeError {
	return new RetakeError("USAGE", `${JSON.stringify(name)} is no name for a scope`, {
		sort: "misuse",
		remedy: "begin with a letter from a to z; at most 64 of those, digits, - and _",
	});
}
