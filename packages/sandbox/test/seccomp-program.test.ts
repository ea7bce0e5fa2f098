import { sha256 } from "@retake/base";
import { dockerSeccompProfile, seccompFilter } from "@retake/sandbox";
import { describe, expect, test } from "vitest";
import { compileProfile } from "../src/seccomp/compile-profile.ts";
import { complement } from "../src/seccomp/docker-seccomp-profile.ts";
import type { Instruction } from "../src/seccomp/instruction.ts";
import { type Machine, machines } from "../src/seccomp/machine.ts";
import { profile } from "../src/seccomp/profile.ts";
import { systemCallNumbers } from "../src/seccomp/system-call-numbers.ts";

const allowed = 0x7fff0000;
const killed = 0x80000000;
const failsWith = (errno: number): number => 0x50000 + errno;

/** Runs a program as the kernel would, and counts its steps. */
function interpret(program: readonly Instruction[], words: readonly number[]): { verdict: number; steps: number } {
	let accumulator = 0;
	for (let at = 0, steps = 1; ; at++, steps++) {
		const instruction = program[at];
		if (instruction === undefined) throw new Error(`fell off the program at ${at}`);
		const { code, constant, jumpTrue, jumpFalse } = instruction;
		if (jumpTrue > 255 || jumpFalse > 255) throw new Error(`jump too far at ${at}`);
		if (code === 0x20) accumulator = words[constant / 4] ?? 0;
		else if (code === 0x54) accumulator = (accumulator & constant) >>> 0;
		else if (code === 0x05) at += constant;
		else if (code === 0x15) at += accumulator === constant >>> 0 ? jumpTrue : jumpFalse;
		else if (code === 0x35) at += accumulator >= constant ? jumpTrue : jumpFalse;
		else if (code === 0x06) return { verdict: constant, steps };
		else throw new Error(`unknown code ${code}`);
	}
}

const call = (machine: Machine, number: number, first = 0, second = 0, third = 0): readonly number[] => {
	return [number, machine.auditArchitecture, 0, 0, first, 0, second, 0, third, 0];
};

describe.each(Object.values(machines))("the program for $name", (machine) => {
	const program = compileProfile(profile, machine);

	test("treats each number as the profile says, in few steps", () => {
		const expected = new Map<number, number>();
		for (const rule of profile.rules) {
			if (rule.kind !== "allow" && rule.kind !== "deny") continue;
			for (const name of rule.names) {
				const number = systemCallNumbers[name]?.[machine.column];
				if (typeof number === "number") expected.set(number, rule.kind === "allow" ? allowed : failsWith(rule.errno));
			}
		}
		const conditional = new Set(
			profile.rules.flatMap((rule) => ("name" in rule ? [systemCallNumbers[rule.name]?.[machine.column]] : [])),
		);
		for (let number = 0; number < 2000; number++) {
			if (conditional.has(number)) continue;
			const { verdict, steps } = interpret(program, call(machine, number));
			expect([number, verdict]).toEqual([number, expected.get(number) ?? failsWith(38)]);
			expect(steps).toBeLessThan(25);
		}
	});

	test("kills calls of another architecture and refuses numbers beyond the table", () => {
		const [, , ...rest] = call(machine, 0);
		expect(interpret(program, [0, 0x40000003, ...rest]).verdict).toBe(killed);
		expect(interpret(program, call(machine, 0x40000000)).verdict).toBe(failsWith(38));
		expect(interpret(program, call(machine, 0xffffffff)).verdict).toBe(failsWith(38));
	});

	test("looks at arguments", () => {
		const socket = systemCallNumbers["socket"]?.[machine.column] ?? 0;
		expect(interpret(program, call(machine, socket, 16, 3, 0)).verdict).toBe(allowed);
		expect(interpret(program, call(machine, socket, 16, 3, 9)).verdict).toBe(failsWith(1));
		expect(interpret(program, call(machine, socket, 40)).verdict).toBe(failsWith(1));
		const clone = systemCallNumbers["clone"]?.[machine.column] ?? 0;
		expect(interpret(program, call(machine, clone, 0x01200011)).verdict).toBe(allowed);
		for (const flag of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
			expect([flag, interpret(program, call(machine, clone, flag)).verdict]).toEqual([flag, failsWith(1)]);
		}
	});

	test("is the program that was reviewed", () => {
		const bytes = seccompFilter(machine.name);
		expect({ instructions: program.length, sha256: bytes && sha256(bytes) }).toMatchSnapshot();
	});
});

test("Docker's form names every call of the profile, and allows what the profile allows", () => {
	const entries = dockerSeccompProfile().syscalls;
	const names = new Set(entries.flatMap((entry) => entry.names));
	expect(names).toEqual(new Set(profile.rules.flatMap((rule) => ("names" in rule ? rule.names : [rule.name]))));
	expect(entries.filter((entry) => entry.names.includes("io_uring_setup"))).toMatchObject([{ errnoRet: 38 }]);
});

test("the complement of some values holds every other value and none of them", () => {
	const values = [0x5412, 0x541c];
	const tests = complement(1, values);
	const holds = (value: number): number => tests.filter((each) => (value & each.mask) >>> 0 === each.equals).length;
	for (const value of [0, 1, 0x5411, 0x5413, 0x541b, 0x541d, 0x5401, 0xffffffff, 0x80005412])
		expect(holds(value)).toBe(1);
	for (const value of values) expect(holds(value)).toBe(0);
});
