import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";
import type { FixedClock, ReadOnlyMount, SandboxOptions } from "../sandbox.ts";

/** Where `FixedClock.preloads` is seen inside. */
const preloadsInside = "/opt/retake/fixed";

/** 2037-01-01T00:00:00Z: later than any file, for make takes a file of the future for a mistake, and within 32 bits. */
export const fixedClockSeconds = 2_114_380_800;

/** Where a distribution keeps libfaketime, below a directory for each architecture. */
const libraryDirectory = "usr/lib";
const libraryName = "faketime/libfaketimeMT.so.1";

/** Paths inside at which libfaketime may be, for an architecture in Node's words. */
export function faketimePlaces(architecture: string): readonly string[] {
	const triplet = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[architecture] ?? `${architecture}-linux-gnu`;
	return [`/${libraryDirectory}/${triplet}/${libraryName}`, `/usr/lib64/${libraryName}`, `/usr/lib/${libraryName}`];
}

/** Finds libfaketime in a root and returns its path inside. Throws `SANDBOX_UNAVAILABLE` where it is not there. */
export function requireFaketime(root: string, image: string | null): string {
	const directory = join(root, libraryDirectory);
	const triplets = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith("-linux-gnu")) : [];
	const places = [
		...triplets.map((name) => `/${libraryDirectory}/${name}/${libraryName}`),
		`/usr/lib64/${libraryName}`,
	];
	const found = places.find((place) => existsSync(join(root, place)));
	if (found === undefined) throw faketimeMissing(image);
	return found;
}

/** Says that a fixed clock cannot be had, and how it can. */
export function faketimeMissing(image: string | null): RetakeError {
	return new RetakeError(
		"SANDBOX_UNAVAILABLE",
		`a fixed clock needs libfaketime, and ${image === null ? "this host" : `the image ${image}`} has none`,
		{
			data: { image },
			remedy:
				image === null
					? "apt-get install libfaketime, or leave --clock fixed out"
					: 'add "libfaketime" to the packages of its image.json and build it again, or leave --clock fixed out',
		},
	);
}

/**
 * Returns the environment that holds the clock still: wall-clock time of all programs that ask libc; in Node and Python also what they measure
 * durations by and draw random numbers from. The kernel's monotonic clock goes on, so that timers and timeouts do; times of files are the
 * kernel's, so that make can tell what is new.
 */
export function fixedClockEnvironment({ seconds }: FixedClock, library: string): Readonly<Record<string, string>> {
	return {
		LD_PRELOAD: library,
		FAKETIME: String(seconds),
		FAKETIME_FMT: "%s",
		FAKETIME_DONT_FAKE_MONOTONIC: "1",
		NO_FAKE_STAT: "1",
		FAKERANDOM_SEED: "0x52657461",
		NODE_OPTIONS: `--require=${preloadsInside}/node.cjs`,
		PYTHONPATH: `${preloadsInside}/python`,
		PERL5OPT: `-I${preloadsInside}/perl -MRetakeFixed`,
	};
}

/** Returns what a sandbox mounts: with a fixed clock also what Node and Python load first. */
export function withPreloads({ mounts, clock }: SandboxOptions): readonly ReadOnlyMount[] {
	return clock === undefined ? mounts : [...mounts, { source: clock.preloads, target: preloadsInside }];
}
