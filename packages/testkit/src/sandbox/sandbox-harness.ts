import type { SandboxDriver, SandboxOptions } from "@retake/sandbox";

/** What the conformance suite of the sandbox port is run against. Disposal gives back what the harness took. */
export interface SandboxHarness extends AsyncDisposable {
	readonly driver: SandboxDriver;
	/** Complete options; the suite tightens limits where a case needs it. `treesDirectory` exists and is writable. */
	readonly options: SandboxOptions;
	/** `copy` where the sandbox mounts no overlay: each workspace is then a directory with everything in it. */
	readonly layers?: "overlay" | "copy";
}

/** Makes a harness; called once for each case. */
export type OpenSandboxHarness = () => Promise<SandboxHarness>;
