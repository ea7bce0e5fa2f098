import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@retake/base";

/**
 * What Node runs first. Durations come out as 0; a program that waits by asking for the time again and again gets on all the same, a millisecond
 * in a thousand questions. Timers are libuv's and not touched. The process that \`node --test\` starts has taken its clock before this file is
 * loaded, so its reporter is told durations of 0.
 */
const nodePreload = `"use strict";
require("node:v8").setFlagsFromString("--random-seed=42");
let asked = 0;
const milliseconds = () => Math.floor(asked++ / 1000);
const wall = Date.now();
Date.now = () => wall + milliseconds();
performance.now = () => milliseconds();
const since = (earlier) => {
	const now = milliseconds();
	const [seconds, nanoseconds] = [Math.floor(now / 1000), (now % 1000) * 1e6];
	if (earlier === undefined) return [seconds, nanoseconds];
	const difference = (seconds - earlier[0]) * 1e9 + nanoseconds - earlier[1];
	return [Math.floor(difference / 1e9), difference % 1e9];
};
process.hrtime = Object.assign(since, { bigint: () => BigInt(milliseconds()) * 1000000n });
let state = 42;
Math.random = () => {
	state = (state + 0x6d2b79f5) | 0;
	let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
	mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
	return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};
if (process.execArgv.includes("--test")) {
	const { spec } = require("node:test/reporters");
	const prototype = Object.getPrototypeOf(new spec());
	const transform = prototype._transform;
	prototype._transform = function (event, ...rest) {
		const { data } = event;
		if (data?.details?.duration_ms !== undefined) data.details.duration_ms = 0;
		if (typeof data?.message === "string") data.message = data.message.replace(/^duration_ms .*/, "duration_ms 0");
		return transform.call(this, event, ...rest);
	};
}
`;

/**
 * What Python imports first. libfaketime 0.9.10 fails the system call that \`time.sleep\` makes since Python 3.11 (EINVAL), so that sleeps by
 * another; a busy wait gets on as in Node.
 */
const pythonPreload = `import random, select, time
asked = 0
def milliseconds():
    global asked
    asked += 1
    return asked // 1000
def sleep(seconds):
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)
wall = time.time()
time.sleep = sleep
time.time = lambda: wall + milliseconds() / 1000
time.perf_counter = lambda: milliseconds() / 1000
time.perf_counter_ns = lambda: milliseconds() * 1000000
random.seed(42)
`;

/** What Perl loads first: 5.36, which Debian 12 has, seeds `rand` from the kernel, and has no variable that says otherwise as 5.38 has. */
const perlPreload = `package RetakeFixed;
srand(42);
1;
`;

/** Writes the files that a fixed clock needs inside below a directory, once, and returns where they are. */
export function writePreloads(directory: string): string {
	const key = sha256(Buffer.from(nodePreload + pythonPreload + perlPreload)).slice(0, 16);
	const place = join(directory, `fixed-${key}`);
	if (existsSync(place)) return place;
	const scratch = `${place}.${process.pid}`;
	for (const each of ["python", "perl"]) mkdirSync(join(scratch, each), { recursive: true, mode: 0o755 });
	writeFileSync(join(scratch, "node.cjs"), nodePreload, { mode: 0o644 });
	writeFileSync(join(scratch, "python/sitecustomize.py"), pythonPreload, { mode: 0o644 });
	writeFileSync(join(scratch, "perl/RetakeFixed.pm"), perlPreload, { mode: 0o644 });
	try {
		renameSync(scratch, place);
	} catch (cause) {
		// Another process was first.
		rmSync(scratch, { recursive: true, force: true });
		if (!existsSync(place)) throw cause;
	}
	return place;
}
