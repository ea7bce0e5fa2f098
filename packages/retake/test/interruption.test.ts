import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { listenForInterruption, type SignalledProcess } from "../src/edges/interruption.ts";

function signalled() {
	const exits: number[] = [];
	const time = { nanoseconds: 0n };
	const emitter = new EventEmitter();
	const target = Object.assign(emitter, {
		exit: (code: number) => exits.push(code),
	}) as unknown as SignalledProcess;
	const signal = listenForInterruption(target, { monotonic: () => time.nanoseconds });
	return { exits, time, signal, send: (name: string) => emitter.emit(name) };
}

test("the first Ctrl-C aborts, the second ends at once", () => {
	const { exits, time, signal, send } = signalled();
	expect(signal.aborted).toBe(false);
	send("SIGINT");
	expect(signal.aborted).toBe(true);
	expect(exits).toEqual([]);
	time.nanoseconds += 1_000_000_000n;
	send("SIGINT");
	expect(exits).toEqual([130]);
});

test("a Ctrl-C that a parent passes on as well is still one", () => {
	const { exits, time, send } = signalled();
	send("SIGINT");
	time.nanoseconds += 5_000_000n;
	send("SIGINT");
	expect(exits).toEqual([]);
});

test("a supervisor's SIGTERM cleans up too", () => {
	const { signal, send } = signalled();
	send("SIGTERM");
	expect(signal.aborted).toBe(true);
});
