import { setTimeout as wait } from "node:timers/promises";
import type { AgentSession } from "@retake/runtime";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { recordAndReplay, recordAndTry } from "./record-and-replay.ts";

class QuotaError extends Error {
	override readonly name = "QuotaError";
	readonly retryAfterMs: number;

	constructor(retryAfterMs: number) {
		super("quota exceeded", { cause: new TypeError("inner") });
		this.retryAfterMs = retryAfterMs;
	}
}

const city = z.object({ city: z.string(), days: z.number().default(3) });

describe("a wrapped function", () => {
	test("keeps its types, by schema in and by function out", () => {
		const wrap = (session: AgentSession) => session.tool("weather", city, ({ days }) => ({ until: new Date(days) }));
		type Weather = ReturnType<typeof wrap>;
		expectTypeOf<Parameters<Weather>[0]>().toEqualTypeOf<{ city: string; days?: number | undefined }>();
		expectTypeOf<ReturnType<Weather>>().toEqualTypeOf<Promise<{ until: Date }>>();
		expectTypeOf<Parameters<Weather>[0]>().not.toEqualTypeOf<{ city: number }>();
	});

	test("returns in a replay what it returned, and does not run", async () => {
		let runs = 0;
		const value = {
			date: new Date(5),
			url: new URL("https://a.test/"),
			map: new Map<unknown, unknown>([["a", new Set([1n])]]),
			numbers: [Number.NaN, -0, Number.NEGATIVE_INFINITY, 1.5],
			bytes: new Uint8Array([0, 255]),
			holes: [undefined, null],
			$retake: "a field of this name",
			error: new QuotaError(7),
		};
		const { live, played } = await recordAndReplay(async (session) => {
			const weather = session.tool("weather", city, async ({ days }) => {
				runs++;
				return { ...value, days };
			});
			return [await weather({ city: "Ulm" }), await weather({ city: "Bonn", days: 1 })];
		});
		expect(runs).toBe(2);
		expect(played).toEqual(live);
		expect(live[0]).toMatchObject({ ...value, days: 3, error: { message: "quota exceeded", retryAfterMs: 7 } });
		expect(Object.is(live[0]?.numbers[1], -0)).toBe(true);
	});

	test("throws in a replay what it threw, as the class that it was", async () => {
		const { live, played } = await recordAndReplay(async (session) => {
			const failing = session.tool("failing", city, ({ days }) => Promise.reject(new QuotaError(days)), {
				errors: [QuotaError],
			});
			const thrown: unknown = await failing({ city: "Ulm" }).catch((error: unknown) => error);
			const { name, message, retryAfterMs, cause } = thrown as QuotaError;
			const isQuota = thrown instanceof QuotaError;
			return { isQuota, name, message, retryAfterMs, cause: String(cause), isType: cause instanceof TypeError };
		});
		expect(live).toEqual({
			isQuota: true,
			name: "QuotaError",
			message: "quota exceeded",
			retryAfterMs: 3,
			cause: "TypeError: inner",
			isType: true,
		});
		expect(played).toEqual(live);
	});

	test("refuses an input that does not fit, without a call", async () => {
		const { live, report } = await recordAndReplay(async (session) => {
			const weather = session.tool("weather", city, () => 1);
			return weather({ city: 5 } as never).catch((error: Error) => error.message);
		});
		expect(live).toMatch(/^weather: city: /);
		expect(report.calls).toBe(0);
	});

	test("says what cannot be recorded", async () => {
		const { live } = await recordAndReplay(async (session) => {
			const odd = session.tool("odd", z.null(), () => ({ socket: new AbortController() }));
			return odd(null).catch((error: Error) => error.message);
		});
		expect(live).toContain("an instance of AbortController cannot be recorded");
	});

	test("tells another input apart, and a schema that has changed", async () => {
		const ask =
			(days: number, schema = city) =>
			(session: AgentSession) =>
				session
					.tool(
						"weather",
						schema,
						() => 1,
					)({ city: "Ulm", days })
					.catch((error: Error) => (Number.isNaN(error) ? 0 : 2));
		const input = await recordAndTry(ask(1), ask(2));
		expect(input.report.divergences).toMatchObject([{ kind: "input" }]);
		const changed = z.object({ city: z.string(), days: z.number().default(4) });
		const schema = await recordAndTry(ask(1), ask(1, changed as unknown as typeof city));
		expect(schema.report.divergences).toMatchObject([{ kind: "schema" }]);
	});

	test("is cancelled by its signal, with the signal's reason", async () => {
		let ranToItsEnd = false;
		const { live, played } = await recordAndReplay(async (session) => {
			const heard: string[] = [];
			const slow = session.tool("slow", z.null(), async (_input, { signal, chunk }) => {
				await chunk("progress", Buffer.from("half"));
				await wait(60_000, null, { signal });
				ranToItsEnd = true;
			});
			const stop = new AbortController();
			const onChunk = (stream: string, bytes: Uint8Array): void => {
				heard.push(`${stream} ${Buffer.from(bytes).toString()}`);
				stop.abort(new Error("enough"));
			};
			const ended = await slow(null, { signal: stop.signal, onChunk }).catch((error: Error) => error.message);
			return [ended, ...heard];
		});
		expect(live).toEqual(["enough", "progress half"]);
		expect(played).toEqual(live);
		expect(ranToItsEnd).toBe(false);
	});
});

describe("wrapped tools", () => {
	const tools = {
		add: (a: number, b: number) => a + b,
		count: async function* (to: number) {
			for (let at = 1; at <= to; at++) yield { at, seen: new Date(at) };
		},
		object: {
			description: "doubles",
			inputSchema: city,
			execute: async ({ city: name }: { city: string }, _options: { abortSignal?: AbortSignal }) => name.repeat(2),
		},
		client: { description: "has no execute" },
	};

	test("keep their types; what was synchronous answers by a promise", () => {
		type Wrapped = ReturnType<typeof wrap>;
		const wrap = (session: AgentSession) => session.wrapTools(tools);
		expectTypeOf<Wrapped["add"]>().toEqualTypeOf<(a: number, b: number) => Promise<number>>();
		expectTypeOf<Wrapped["object"]>().toEqualTypeOf<(typeof tools)["object"]>();
		expectTypeOf<ReturnType<Wrapped["count"]>>().toEqualTypeOf<AsyncIterable<{ at: number; seen: Date }>>();
	});

	test("replay in the order in which they settled, equal parallel calls by their place", async () => {
		let runs = 0;
		// The second of three equal calls ends first, then the third, then the first.
		const ended = [0, 1, 2].map(() => Promise.withResolvers<void>());
		const waitsFor = [2, undefined, 1];
		const { live, played } = await recordAndReplay(async (session) => {
			const { race, add, object, count, client } = session.wrapTools({
				...tools,
				race: async (_same: string) => {
					const place = runs++;
					await ended[waitsFor[place] ?? -1]?.promise;
					return place;
				},
			});
			const order: number[] = [];
			const three = await Promise.all(
				[0, 1, 2].map(async () => {
					const place = await race("same");
					order.push(place);
					ended[place]?.resolve();
					return place;
				}),
			);
			const counted = [];
			for await (const item of count(3)) counted.push(item);
			return [three, order, await add(1, 2), await object.execute({ city: "Ulm" }, {}), counted, client];
		});
		expect(live).toEqual([
			[0, 1, 2],
			[1, 2, 0],
			3,
			"UlmUlm",
			[1, 2, 3].map((at) => ({ at, seen: new Date(at) })),
			{ description: "has no execute" },
		]);
		expect(played).toEqual(live);
		expect(runs).toBe(3);
	});
});
