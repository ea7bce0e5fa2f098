import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { FileSystemName } from "./mounted-image.ts";
import type { CallPoint } from "./system-calls.ts";
import type { SeriesName } from "./workloads.ts";

/** Which cuts to make, and when. */
export interface PowerPlan {
	/** In the recovery: of a commit that was killed half-way through its swaps, past its commit point. */
	readonly during: "commits" | "recovery";
	readonly series: SeriesName;
	readonly fileSystem: FileSystemName;
	/** An even sample of the points where this is less than their number; null for every one. */
	readonly pointsMax: number | null;
	/** The control: `fsync` and its kind do nothing and say that they did. */
	readonly isStubbed: boolean;
}

/** What one power cut left, after the file system's own recovery and Retake's. */
export interface PowerCut {
	readonly point: CallPoint;
	/** Whether the log reached the disk, without the data that it speaks of. */
	readonly flushesLog: boolean;
	/** How many commits must be there: acknowledged when the power went, or past the commit point when the recovery began. */
	readonly due: number;
	/** How many commits the tree holds, whole; null for a tree that is none of the series. */
	readonly held: number | null;
	/** The code with which the recovery refused, or null. */
	readonly refusal: string | null;
	readonly litter: readonly string[];
}

/** What all the cuts of a plan left. */
export interface PowerReport {
	/** How many points the series has. */
	readonly points: number;
	readonly cuts: readonly PowerCut[];
}

/** Cuts the power as planned, in a directory that a fresh mount namespace sees mounts in and nobody else. Needs root. */
export async function cutPower(plan: PowerPlan, directory: string): Promise<PowerReport> {
	const program = `${import.meta.dirname}/cut-power.ts`;
	const args = ["--mount", "--propagation", "private", process.execPath, program, directory, JSON.stringify(plan)];
	const { stdout } = await promisify(execFile)("unshare", args, { maxBuffer: 2 ** 28 });
	return JSON.parse(stdout);
}

/** Returns the cuts whose tree is none of the series: neither as before a commit nor as after it. */
export function tornBy(cuts: readonly PowerCut[]): readonly PowerCut[] {
	return cuts.filter(({ held }) => held === null);
}

/** Returns the cuts whose tree is whole and lacks a commit that was due. */
export function lostBy(cuts: readonly PowerCut[]): readonly PowerCut[] {
	return cuts.filter(({ held, due }) => held !== null && held < due);
}
