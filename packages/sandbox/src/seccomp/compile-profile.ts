import { assert } from "@retake/base";
import { allow, errno, type Instruction, jump, jumpIf, killProcess, loadWord, mask } from "./instruction.ts";
import type { Machine } from "./machine.ts";
import type { SeccompProfile, SeccompRule } from "./seccomp-rule.ts";
import { systemCallNumbers } from "./system-call-numbers.ts";

const numberOffset = 0;
const architectureOffset = 4;
const argumentOffset = (argument: number): number => 16 + 8 * argument;

/** What to do from one call number on, up to the next range. */
interface Range {
	readonly from: number;
	readonly body: readonly Instruction[];
}

/**
 * Compiles a profile to a classic BPF program for one machine. The numbers are cut into ranges of equal treatment and
 * found by bisection, so that a call costs about ten instructions. Another architecture's calls kill the process.
 */
export function compileProfile(profile: SeccompProfile, machine: Machine): readonly Instruction[] {
	const program = [
		loadWord(architectureOffset),
		jumpIf("equal", machine.auditArchitecture, 1, 0),
		killProcess,
		loadWord(numberOffset),
		...bisect(ranges(profile, machine)),
	];
	assert(program.length <= 4096, "a filter has at most 4096 instructions");
	return program;
}

function ranges(profile: SeccompProfile, machine: Machine): readonly Range[] {
	const bodies = new Map<number, readonly Instruction[]>();
	for (const rule of profile.rules) {
		for (const name of "names" in rule ? rule.names : [rule.name]) {
			const numbers = systemCallNumbers[name];
			assert(numbers !== undefined, `the table of numbers has ${name}`);
			const number = numbers[machine.column];
			if (number === null) continue;
			assert(!bodies.has(number), `one rule names ${name}`);
			bodies.set(number, bodyOf(rule));
		}
	}
	const otherwise = [errno(profile.otherwise)];
	const last = Math.max(...bodies.keys());
	const found: Range[] = [];
	for (let number = 0; number <= last + 1; number++) {
		const body = bodies.get(number) ?? otherwise;
		const previous = found.at(-1);
		if (previous === undefined || !same(previous.body, body)) found.push({ from: number, body });
	}
	// The last range holds every number to come and, on x86_64, those of the x32 ABI.
	assert(machine.foreignFrom === null || last < machine.foreignFrom, "the tables hold only the machine's own ABI");
	return found;
}

function bodyOf(rule: SeccompRule): readonly Instruction[] {
	switch (rule.kind) {
		case "allow":
			return [allow];
		case "deny":
			return [errno(rule.errno)];
		case "allow-when":
			return [...rule.anyOf.flatMap(row), errno(rule.otherwise)];
		case "allow-unless":
			return [
				loadWord(argumentOffset(rule.argument)),
				...rule.noneOf.flatMap((value) => [jumpIf("equal", value, 0, 1), errno(rule.otherwise)]),
				allow,
			];
	}
}

/** Compiles tests that must all hold to be allowed; falls out at the end where one does not. */
function row(tests: (SeccompRule & { kind: "allow-when" })["anyOf"][number]): readonly Instruction[] {
	let rest: readonly Instruction[] = [allow];
	for (const test of tests.toReversed()) {
		rest = [
			loadWord(argumentOffset(test.argument)),
			mask(test.mask),
			jumpIf("equal", test.equals, 0, rest.length),
			...rest,
		];
	}
	return rest;
}

function bisect(found: readonly Range[]): readonly Instruction[] {
	const middle = found.length >> 1;
	const first = found[0];
	const pivot = found[middle];
	assert(first !== undefined && pivot !== undefined, "a filter has a range");
	if (found.length === 1) return first.body;
	const below = bisect(found.slice(0, middle));
	// A conditional jump reaches 255 instructions, an unconditional one any number.
	return [jumpIf("atLeast", pivot.from, 0, 1), jump(below.length), ...below, ...bisect(found.slice(middle))];
}

function same(left: readonly Instruction[], right: readonly Instruction[]): boolean {
	return JSON.stringify(left) === JSON.stringify(right);
}
