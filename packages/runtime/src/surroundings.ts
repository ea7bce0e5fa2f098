import { arch, release } from "node:os";
import { join } from "node:path";
import { isRetakeError } from "@retake/base";
import { type FixedClock, fixedClockSeconds, type SandboxDriver, writePreloads } from "@retake/sandbox";
import type { CheckedRuntimeOptions } from "./runtime-options.ts";

/** The part of a run's header that says what could change the bytes that its commands print. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Something that a run had otherwise than its verification has. */
export interface EnvironmentDifference {
	readonly name: string;
	readonly recorded: string;
	readonly actual: string;
}

/** What commands find around them: the image that they run in, and their clock. */
export interface Surroundings {
	/** Of the runtime itself, or of a recorded run where the runtime's options leave it open. */
	settings(recorded?: Fingerprint): { readonly image: string | null; readonly clock?: FixedClock };
	/** Goes into every run's header. Throws where there is no such image. */
	fingerprint(recorded?: Fingerprint): Promise<Fingerprint>;
}

/** Names what commands of a runtime find around them. */
export function createSurroundings(
	options: Pick<CheckedRuntimeOptions, "sandbox" | "image" | "clock">,
	driver: SandboxDriver | null,
	state: string,
): Surroundings {
	const digests = new Map<string | null, Promise<Fingerprint>>();
	const nameOf = (recorded?: Fingerprint): string | null => options.image ?? recorded?.["image"] ?? null;
	const isFixed = (recorded?: Fingerprint): boolean =>
		options.clock === "fixed" || recorded?.["clock"]?.startsWith("fixed ") === true;
	const digestOf = (image: string | null): Promise<Fingerprint> => {
		const known = digests.get(image) ?? describeImage(driver, image);
		digests.set(image, known);
		return known;
	};
	return {
		settings: (recorded) => ({
			image: nameOf(recorded),
			...(isFixed(recorded)
				? { clock: { seconds: fixedClockSeconds, preloads: writePreloads(join(state, "fixed")) } }
				: {}),
		}),
		fingerprint: async (recorded) => {
			const image = nameOf(recorded);
			return {
				driver: `${options.sandbox} ${image ?? "host"}`,
				kernel: release(),
				arch: arch(),
				node: process.version,
				...(image === null ? {} : { image }),
				...(await digestOf(image)),
				...(isFixed(recorded) ? { clock: `fixed ${fixedClockSeconds}` } : {}),
			};
		},
	};
}

/** Compares what a run had around it with what there is now. */
export function environmentDifferences(recorded: Fingerprint, actual: Fingerprint): readonly EnvironmentDifference[] {
	const names = [...new Set([...Object.keys(recorded), ...Object.keys(actual)])].toSorted();
	return names
		.filter((name) => recorded[name] !== actual[name])
		.map((name) => ({ name, recorded: recorded[name] ?? "none", actual: actual[name] ?? "none" }));
}

/** A daemon that does not answer is found out by the first command; a run without one does not need it. */
async function describeImage(driver: SandboxDriver | null, image: string | null): Promise<Fingerprint> {
	try {
		return (await driver?.fingerprint(image)) ?? {};
	} catch (cause) {
		if (isRetakeError(cause, "SANDBOX_UNAVAILABLE")) return { imageDigest: "unknown" };
		throw cause;
	}
}
