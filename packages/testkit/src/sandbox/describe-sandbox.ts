import { describe } from "vitest";
import { backgroundCases } from "./background-cases.ts";
import { commandCases } from "./command-cases.ts";
import { endingCases } from "./ending-cases.ts";
import { isolationCases } from "./isolation-cases.ts";
import { lifecycleCases } from "./lifecycle-cases.ts";
import { limitCases } from "./limit-cases.ts";
import { networkCases, refusedNetworkCases } from "./network-cases.ts";
import { outputCases } from "./output-cases.ts";
import { overlayCases } from "./overlay-cases.ts";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { streamCases } from "./stream-cases.ts";
import { terminalCases } from "./terminal-cases.ts";
import { workspaceCases } from "./workspace-cases.ts";

/** What a driver may refuse where it cannot have it; it says so when a sandbox is opened, or when it is asked for. */
export interface Refusals {
	readonly allowList?: boolean;
	readonly loopbacks?: boolean;
	readonly overlays?: boolean;
}

/**
 * Describes what every driver of the sandbox port must do, for real, on this host. The programs used inside are `sh`,
 * coreutils, and perl where something must be listened to. A limit that the sandbox says it does not enforce is not
 * tried; what it says it enforces is.
 */
export function describeSandbox(name: string, openHarness: OpenSandboxHarness, refuses: Refusals = {}): void {
	describe(`${name} keeps the contract of a sandbox`, () => {
		describe("commands", () => commandCases(openHarness));
		describe("output", () => outputCases(openHarness));
		describe("streams", () => streamCases(openHarness));
		describe("terminals", () => terminalCases(openHarness));
		if (refuses.loopbacks !== true) describe("background", () => backgroundCases(openHarness));
		describe("endings", () => endingCases(openHarness));
		describe("workspace", () => workspaceCases(openHarness));
		if (refuses.overlays !== true) describe("overlays", () => overlayCases(openHarness));
		describe("isolation", () => isolationCases(openHarness));
		describe("network", () => (refuses.allowList === true ? refusedNetworkCases : networkCases)(openHarness));
		describe("limits", () => limitCases(openHarness));
		describe("lifecycle", () => lifecycleCases(openHarness));
	});
}
