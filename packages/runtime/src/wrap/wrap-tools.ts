import type { AgentSession } from "../session.ts";
import { performRecorded } from "./perform-recorded.ts";
import { recordedStream } from "./recorded-stream.ts";
import { schemaHashOf } from "./standard-schema.ts";
import { encodeStructured } from "./structured-value.ts";
import type { WrapOptions } from "./wrap-tool.ts";

type AnyFunction = (...parameters: never[]) => unknown;

/** A tool as frameworks describe it: what does the work is called `execute`. */
interface ToolObject {
	readonly execute: AnyFunction;
	readonly inputSchema?: unknown;
	readonly parameters?: unknown;
}

type RecordedFunction<Run> = Run extends (...parameters: infer Parameters) => AsyncIterable<infer Item>
	? (...parameters: Parameters) => AsyncIterable<Item>
	: Run extends (...parameters: infer Parameters) => infer Output
		? (...parameters: Parameters) => Promise<Awaited<Output>>
		: never;

/** The same tools: functions that answer at once answer by a promise. */
export type RecordedTools<Tools> = {
	[Name in keyof Tools]: Tools[Name] extends AnyFunction ? RecordedFunction<Tools[Name]> : Tools[Name];
};

/** Puts several tools on record. See `AgentSession.wrapTools`. */
export function wrapTools<Tools extends object>(
	session: Pick<AgentSession, "perform">,
	tools: Tools,
	options: WrapOptions = {},
): RecordedTools<Tools> {
	const wrapped = Object.entries(tools).map(([name, tool]: [string, unknown]) => [
		name,
		wrapOne(session, name, tool, options),
	]);
	return Object.fromEntries(wrapped) as RecordedTools<Tools>;
}

function wrapOne(session: Pick<AgentSession, "perform">, name: string, tool: unknown, options: WrapOptions): unknown {
	if (isFunction(tool)) {
		return recorded(session, name, null, options, tool, (parameters) => parameters);
	}
	if (!isToolObject(tool)) return tool;
	const schema = tool.inputSchema ?? tool.parameters ?? null;
	// What comes after the input is the framework's: ids, messages, a signal.
	const execute = recorded(session, name, schema, options, tool.execute.bind(tool), ([input]) => input);
	const copy: object = Object.create(Object.getPrototypeOf(tool), Object.getOwnPropertyDescriptors(tool));
	return Object.defineProperty(copy, "execute", {
		value: execute,
		enumerable: true,
		writable: true,
		configurable: true,
	});
}

function recorded(
	session: Pick<AgentSession, "perform">,
	name: string,
	schema: unknown,
	{ errors }: WrapOptions,
	run: AnyFunction,
	inputOf: (parameters: readonly unknown[]) => unknown,
): AnyFunction {
	const schemaHash = schemaHashOf(schema);
	const describe = (parameters: readonly unknown[]) => {
		const signal = parameters.map(signalIn).find((one) => one !== undefined);
		const input = encodeStructured(
			inputOf(parameters.filter((one) => !(one instanceof AbortSignal)).map(withoutSignal)),
		);
		return { name, input, schemaHash, signal, errors };
	};
	if (isGenerator(run)) {
		return (...parameters: never[]) =>
			recordedStream(session, {
				...describe(parameters),
				work: async () => run(...parameters) as AsyncIterable<unknown>,
			});
	}
	return async (...parameters: never[]) =>
		performRecorded(session, { ...describe(parameters), work: async () => run(...parameters) });
}

/** The signal among what a function was handed: itself, or in the options of a framework. */
function signalIn(parameter: unknown): AbortSignal | undefined {
	if (parameter instanceof AbortSignal) return parameter;
	if (typeof parameter !== "object" || parameter === null) return undefined;
	const { signal, abortSignal } = parameter as { readonly signal?: unknown; readonly abortSignal?: unknown };
	return [signal, abortSignal].find((one) => one instanceof AbortSignal);
}

function withoutSignal(parameter: unknown): unknown {
	if (signalIn(parameter) === undefined) return parameter;
	const entries = Object.entries({ ...(parameter as object) });
	return Object.fromEntries(entries.filter(([, value]) => !(value instanceof AbortSignal)));
}

function isFunction(tool: unknown): tool is AnyFunction {
	return typeof tool === "function";
}

function isToolObject(tool: unknown): tool is ToolObject {
	return typeof tool === "object" && tool !== null && "execute" in tool && isFunction(tool.execute);
}

/** A playback must know without running the function whether its output comes item by item. */
function isGenerator(run: AnyFunction): boolean {
	return run.constructor.name === "AsyncGeneratorFunction";
}
