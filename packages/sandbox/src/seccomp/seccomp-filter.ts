import { compileProfile } from "./compile-profile.ts";
import { encodeProgram } from "./instruction.ts";
import { machineOf } from "./machine.ts";
import { profile } from "./profile.ts";

/** Compiles the profile for one of Node's names of architectures, as bytes for the kernel; null where there is no table for it. */
export function seccompFilter(architecture: string): Uint8Array | null {
	const machine = machineOf(architecture);
	return machine === null ? null : encodeProgram(compileProfile(profile, machine));
}
