import { RetakeError } from "@retake/base";
import type { Tape } from "../../src/index.ts";
import { request } from "../fixture.ts";

/**
 * The program that every golden record was made with. It is never edited: a record of each version of the semantics stays beside it for
 * ever, and must play back. Returns what it saw, in the order in which it saw it.
 */
export async function goldenProgram(tape: Tape): Promise<readonly unknown[]> {
	const seen: unknown[] = [];
	const call = async (
		name: string,
		input: string,
		execute?: Parameters<typeof request>[2],
		more?: Parameters<typeof request>[3],
	) => {
		try {
			const { value } = await tape.call(request(name, input, execute, more));
			seen.push([name, input, typeof value === "string" ? value.length : value]);
		} catch (error) {
			const { code, message } = error as RetakeError;
			seen.push([name, input, code, message]);
		}
	};
	seen.push(["random", await tape.values.random("dice"), await tape.values.random("dice")]);
	seen.push(["uuid", await tape.values.uuid()], ["now", await tape.values.now()]);
	await call("exec", "chunks", async ({ chunk }) => {
		void chunk("stdout", Buffer.from("first"));
		void chunk("stdout", Buffer.from("second"));
		return { exitCode: 0, bytes: new Uint8Array([0, 255]) };
	});
	await call("exec", "large", async () => "x".repeat(70_000));
	await call("read_file", "refused", async () => {
		throw new RetakeError("FILE_NOT_FOUND", "there is no file", { data: { path: "a" }, remedy: "name another" });
	});
	await call("model", "broken", async () => {
		throw new TypeError("the model broke");
	});
	tape.marker("savepoint", { depth: 1 });
	const cancel = new AbortController();
	const onChunk = (stream: string) => {
		seen.push(["chunk", stream]);
		cancel.abort();
	};
	const until = async ({ chunk, signal }: Parameters<NonNullable<Parameters<typeof request>[2]>>[0]) => {
		void chunk("stdout", Buffer.from("some"));
		await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
		throw signal.reason;
	};
	await call("exec", "cancelled", until, { onChunk, signal: cancel.signal });
	const turns = async (count: number) => {
		for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
	};
	await tape.parallel(
		[7, 1, 3].map((count, branch) => async () => {
			seen.push(["drawn", branch, await tape.values.random("dice")]);
			await call("exec", "the same", async () => {
				await turns(count);
				return branch;
			});
		}),
	);
	tape.marker("rollback-to", { depth: 1 });
	await call("exec", "last", async () => null);
	return seen;
}
