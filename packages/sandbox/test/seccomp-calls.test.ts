import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRoom, text } from "@retake/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { machineOf } from "../src/seccomp/machine.ts";
import { profile } from "../src/seccomp/profile.ts";
import { systemCallNumbers } from "../src/seccomp/system-call-numbers.ts";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";

const EPERM = 1;
const ENOSYS = 38;
const machine = machineOf(process.arch);
let directory: string;

/** A call as the program takes it: name, then arguments; missing ones are 0. */
type Call = readonly [name: string, ...values: (number | string)[]];

beforeAll(() => {
	directory = mkdtempSync(join(tmpdir(), "calls-"));
	chmodSync(directory, 0o755);
	execFileSync("gcc", ["-O1", "-o", join(directory, "try-calls"), join(import.meta.dirname, "programs/try-calls.c")]);
});
afterAll(() => rmSync(directory, { recursive: true }));

const number = (name: string): number | null => {
	const row = systemCallNumbers[name];
	if (machine === null || row === undefined) throw new Error(`no number for ${name}`);
	return row[machine.column];
};

async function answers(calls: readonly (readonly [label: string, number: number, ...values: (number | string)[]])[]) {
	const mounts = [{ source: directory, target: "/opt/calls" }];
	await using room = await openRoom(() => openBubblewrapHarness({ mounts }));
	const words = calls.flatMap(([label, call, ...values]) => [
		label,
		String(call),
		...Array.from({ length: 6 }, (_, index) => String(values[index] ?? 0)),
	]);
	const result = await room.run(["/opt/calls/try-calls", ...words]);
	expect(text(result.stderr)).toBe("");
	return Object.fromEntries(
		text(result.stdout)
			.trim()
			.split("\n")
			.map((line) => [line.slice(0, line.lastIndexOf(" ")), line.slice(line.lastIndexOf(" ") + 1)]),
	);
}

test("every call that the profile denies is denied inside", async () => {
	const denied = profile.rules.flatMap((rule) =>
		rule.kind === "deny" ? rule.names.map((name) => ({ name, number: number(name), errno: rule.errno })) : [],
	);
	const tried = denied.flatMap((each) => (each.number === null ? [] : [[each.name, each.number] as const]));
	expect(tried.length).toBeGreaterThan(60);
	const expected = Object.fromEntries(
		denied.filter((each) => each.number !== null).map((each) => [each.name, String(each.errno)]),
	);
	expect(await answers(tried)).toEqual(expected);
});

test("arguments decide where the profile looks at them, by their low half alone", async () => {
	const cases: [label: string, expected: number, call: Call][] = [
		["unix socket", 0, ["socket", 1, 1]],
		["inet socket", 0, ["socket", 2, 1]],
		["inet6 socket", 0, ["socket", 10, 1]],
		["netlink route", 0, ["socket", 16, 3, 0]],
		["netlink audit", EPERM, ["socket", 16, 3, 9]],
		["vsock", EPERM, ["socket", 40, 1]],
		["vsock with a high half", EPERM, ["socket", "0x100000028", 1]],
		["packet", EPERM, ["socket", 17, 3]],
		["bluetooth", EPERM, ["socket", 31, 3]],
		["alg", EPERM, ["socket", 38, 5]],
		["inet pair", EPERM, ["socketpair", 2, 1]],
		["new user namespace", EPERM, ["clone", "0x10000011"]],
		["new time namespace", EPERM, ["clone", "0x00000091"]],
		["plain clone", 0, ["clone", 17]],
		["clone3", ENOSYS, ["clone3", 0, 0]],
		["asking the personality", 0, ["personality", "0xffffffff"]],
		["READ_IMPLIES_EXEC", EPERM, ["personality", "0x0400000"]],
		["TIOCSTI", EPERM, ["ioctl", 0, 0x5412]],
		["TIOCSTI with a high half", EPERM, ["ioctl", 0, "0x100005412"]],
		["TIOCLINUX", EPERM, ["ioctl", 0, 0x541c]],
		["device", EPERM, ["mknodat", -100, 0, "0020600", 0]],
	];
	const known = cases.filter(([, , call]) => number(call[0]) !== null);
	const found = await answers(
		known.map(([label, , [name, ...values]]) => [label, number(name) as number, ...values] as const),
	);
	expect(found).toEqual(Object.fromEntries(known.map(([label, expected]) => [label, String(expected)])));
});

test("a call that nobody knows does not exist, nor does the x32 table", async () => {
	const calls: [string, number][] = [["unknown", 1023]];
	if (process.arch === "x64") calls.push(["x32 getpid", 0x40000000 + 39]);
	expect(await answers(calls)).toEqual(Object.fromEntries(calls.map(([label]) => [label, String(ENOSYS)])));
});

test.runIf(machine !== null)("control: outside, what is denied inside goes through", () => {
	// Asking for the list of key rings and a netlink socket of another protocol need no privilege.
	const words = [
		["keyctl", number("keyctl"), 0, -3, 0, 0, 0, 0],
		["audit", number("socket"), 16, 3, 9, 0, 0, 0],
		["namespace", number("unshare"), 0x10000000, 0, 0, 0, 0, 0],
	].flat();
	const output = execFileSync(join(directory, "try-calls"), words.map(String), { encoding: "utf8" });
	expect(output).toBe("keyctl 0\naudit 0\nnamespace 0\n");
});
