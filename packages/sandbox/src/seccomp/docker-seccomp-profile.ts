import { profile } from "./profile.ts";
import type { ArgumentTest, SeccompRule } from "./seccomp-rule.ts";

/** An argument's test in Docker's words. */
interface DockerArgument {
	readonly index: number;
	readonly value: number;
	readonly valueTwo: number;
	readonly op: "SCMP_CMP_MASKED_EQ";
}

/** One entry of Docker's list of calls. */
interface DockerSystemCalls {
	readonly names: readonly string[];
	readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
	readonly errnoRet?: number;
	readonly args?: readonly DockerArgument[];
	readonly comment: string;
}

/** Docker's form of a seccomp profile; its JSON text is the value of `seccomp=` in `HostConfig.SecurityOpt`. */
export interface DockerSeccompProfile {
	readonly defaultAction: "SCMP_ACT_ERRNO";
	readonly defaultErrnoRet: number;
	readonly architectures: readonly string[];
	readonly syscalls: readonly DockerSystemCalls[];
}

/**
 * Returns the profile in Docker's form. Engines older than 23 ignore `defaultErrnoRet` and answer EPERM to a call that
 * no rule names. What is conditional and fails its condition gets the default answer.
 */
export function dockerSeccompProfile(): DockerSeccompProfile {
	return {
		defaultAction: "SCMP_ACT_ERRNO",
		defaultErrnoRet: profile.otherwise,
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
		syscalls: profile.rules.flatMap(entries),
	};
}

function entries(rule: SeccompRule): readonly DockerSystemCalls[] {
	switch (rule.kind) {
		case "allow":
			return [{ names: rule.names, action: "SCMP_ACT_ALLOW", comment: rule.reason }];
		case "deny":
			return [{ names: rule.names, action: "SCMP_ACT_ERRNO", errnoRet: rule.errno, comment: rule.reason }];
		case "allow-when":
			return rule.anyOf.map((tests) => conditional(rule.name, tests, rule.reason));
		case "allow-unless":
			return complement(rule.argument, rule.noneOf).map((test) => conditional(rule.name, [test], rule.reason));
	}
}

function conditional(name: string, tests: readonly ArgumentTest[], comment: string): DockerSystemCalls {
	return { names: [name], action: "SCMP_ACT_ALLOW", args: tests.map(dockerArgument), comment };
}

function dockerArgument(test: ArgumentTest): DockerArgument {
	return { index: test.argument, value: test.mask, valueTwo: test.equals, op: "SCMP_CMP_MASKED_EQ" };
}

/**
 * Says "none of these values" in the only words that libseccomp has for 32 of 64 bits, masked equality: a value outside
 * leaves the tree of the values' bits at some bit, and each such place is one test.
 */
export function complement(argument: number, values: readonly number[], bit = 31, prefix = 0): readonly ArgumentTest[] {
	if (bit < 0) return [];
	const tests: ArgumentTest[] = [];
	for (const side of [0, 1]) {
		const path = (prefix | (side << bit)) >>> 0;
		const inside = values.filter((value) => ((value >>> bit) << bit) >>> 0 === path);
		if (inside.length > 0) tests.push(...complement(argument, inside, bit - 1, path));
		else tests.push({ argument, mask: (0xffffffff << bit) >>> 0, equals: path });
	}
	return tests;
}
