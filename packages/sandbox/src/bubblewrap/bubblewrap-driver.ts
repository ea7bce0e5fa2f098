import { existsSync, rmdirSync } from "node:fs";
import { release } from "node:os";
import { type Clock, type Randomness, RetakeError, systemClock, systemRandomness } from "@retake/base";
import { fixedClockEnvironment, requireFaketime } from "../determinism/fixed-clock.ts";
import { openImageRoot, requireImage } from "../image/open-image-root.ts";
import { findControlGroups } from "../limits/find-control-groups.ts";
import { chooseNetwork } from "../network/choose-network.ts";
import type { Sandbox, SandboxDriver, SandboxOptions } from "../sandbox.ts";
import { seccompFilter } from "../seccomp/seccomp-filter.ts";
import { createBubblewrapSandbox, withoutNetworks } from "./bubblewrap-sandbox.ts";
import { checkMandatory, enforcementOf } from "./enforcement.ts";
import { type LayersOn, openHolder } from "./holder.ts";
import { type Footing, isPlain, type LayersWay, layersWays } from "./layers-way.ts";
import { probeBubblewrap } from "./probe-bubblewrap.ts";
import { type BubblewrapTools, findTools, isOptional, toolPackages } from "./tools.ts";
import { findFooting, type TrialParts, tryWay } from "./try-ways.ts";

/** What the driver is made with. */
export interface BubblewrapOptions {
	/** Absolute paths; what is not given is looked for in `/usr/bin`, `/bin`, `/usr/sbin`, `/sbin` and `/usr/local/bin`. */
	readonly tools?: Partial<BubblewrapTools>;
	readonly clock?: Clock;
	readonly randomness?: Randomness;
	/** Where layers are kept: by default on a tmpfs where the kernel's has user attributes (Linux 6.6), else on disk, unbounded. */
	readonly layersOn?: LayersOn;
	/** How layers become one tree; where absent the first way that works here. */
	readonly layers?: LayersWay | "overlay";
	/** Directory of images that `SandboxOptions.image` names one of. */
	readonly images?: string;
	/** Where a probe keeps its trees; `/tmp` by default. */
	readonly scratchDirectory?: string;
	/** Of the calling process: its id, user and architecture. */
	readonly host?: BubblewrapHost;
}

/** What the driver must know about the process that it is in. */
export interface BubblewrapHost {
	readonly processId: number;
	readonly uid: number;
	/** As `process.arch` spells it. */
	readonly architecture: string;
	/** Where the kernel's settings are read: `/` but for tests. */
	readonly root?: string;
}

/**
 * Makes the driver that runs commands with bubblewrap: as root under the owner's ids and control groups, as an ordinary
 * user in a user namespace under limits of single processes.
 */
export function createBubblewrapDriver(options: BubblewrapOptions = {}): SandboxDriver {
	const clock = options.clock ?? systemClock;
	const randomness = options.randomness ?? systemRandomness;
	const host = options.host ?? { processId: process.pid, uid: process.getuid?.() ?? -1, architecture: process.arch };
	const scratchDirectory = options.scratchDirectory ?? "/tmp";
	const layersOn = options.layersOn ?? (tmpfsHasUserAttributes(release()) ? "tmpfs" : "disk");

	const trial = ({ treesDirectory, owner }: Pick<SandboxOptions, "treesDirectory" | "owner">): TrialParts => ({
		tools: findTools(options.tools ?? {}),
		layersOn,
		treesDirectory,
		owner,
		hostRoot: host.root ?? "/",
	});
	// Found by the first sandbox for all: what a host allows does not change from one to the next.
	let found: Promise<Footing> | null = null;
	const footingOf = (sandbox: Pick<SandboxOptions, "treesDirectory" | "owner">): Promise<Footing> => {
		found ??= findFooting(trial(sandbox), waysOf(options.layers)).catch((cause) => {
			found = null;
			throw cause;
		});
		return found;
	};

	const open = async (sandbox: SandboxOptions, forced?: Footing): Promise<Sandbox> => {
		const tools = requireTools(options.tools ?? {});
		const filter = requireFilter(host.architecture);
		checkOwner(sandbox, host);
		const image =
			sandbox.image === null ? null : openImageRoot(requireImages(options.images), sandbox.image, host.architecture);
		const clockEnvironment =
			sandbox.clock === undefined
				? {}
				: fixedClockEnvironment(sandbox.clock, requireFaketime(image?.root ?? "/", sandbox.image));
		const footing = forced ?? (await footingOf(sandbox));
		const plain = isPlain(footing, sandbox.owner !== null);
		if (plain && (sandbox.network ?? sandbox.door) !== undefined) throw withoutNetworks("no allow-list can be kept");
		const network = chooseNetwork(sandbox, { clock, randomness });
		// A process may have several drivers, and an earlier process had the same id: a count would not tell them apart.
		const name = `retake-${host.processId}-${Buffer.from(randomness.bytes(6)).toString("hex")}`;
		const groups = findControlGroups(name);
		const enforcement = enforcementOf(groups, plain ? "disk" : layersOn);
		const groupDirectories = groups?.directories ?? [];
		try {
			checkMandatory(sandbox.mandatory, enforcement);
			const holder = await openHolder({
				tools,
				sandbox,
				imageRoot: image?.root ?? null,
				filter,
				name,
				layersOn,
				footing,
				groupDirectories,
				files: network?.files ?? {},
			});
			return createBubblewrapSandbox({
				options: sandbox,
				imageEnvironment: image?.image.environment ?? {},
				clockEnvironment,
				tools,
				holder,
				footing,
				groups,
				network,
				enforcement,
				clock,
				processId: host.processId,
			});
		} catch (cause) {
			// A holder that came up removes them at its end; one that did not may have left them.
			for (const directory of groupDirectories) if (existsSync(directory)) rmdirSync(directory);
			throw cause;
		}
	};

	return {
		name: "bubblewrap",
		open: (sandbox) => open(sandbox),
		layersFor: async (sandbox) => ((await footingOf(sandbox)).way === "copy" ? "copy" : "overlay"),
		fingerprint: async (image) =>
			image === null ? {} : { imageDigest: requireImage(requireImages(options.images), image).digest },
		probe: () =>
			probeBubblewrap({
				open,
				tryWay: (way, where) => tryWay(way, trial(where)),
				wanted: waysOf(options.layers),
				tools: findTools(options.tools ?? {}),
				host,
				scratchDirectory,
			}),
	};
}

function waysOf(asked: BubblewrapOptions["layers"]): readonly LayersWay[] {
	if (asked === undefined) return layersWays;
	return asked === "overlay" ? layersWays.filter((way) => way !== "copy") : [asked];
}

/** An overlay of a user namespace keeps its marks in user attributes; those of tmpfs came with Linux 6.6. */
function tmpfsHasUserAttributes(kernel: string): boolean {
	const [major = 0, minor = 0] = kernel.split(".").map(Number.parseFloat);
	return major > 6 || (major === 6 && minor >= 6);
}

function requireImages(images: string | undefined): string {
	if (images !== undefined) return images;
	throw new RetakeError("USAGE", "the driver was made without a directory of images", {
		sort: "misuse",
		remedy: 'give "images" when the driver is made',
	});
}

function requireTools(given: Partial<BubblewrapTools>): BubblewrapTools {
	const found = findTools(given);
	const missing = (Object.keys(found) as (keyof BubblewrapTools)[]).filter(
		(name) => found[name] === null && !isOptional(name),
	);
	if (missing.length === 0) return found as BubblewrapTools;
	const packages = [...new Set(missing.map((name) => toolPackages[name]))];
	throw new RetakeError("SANDBOX_UNAVAILABLE", `not installed: ${missing.join(", ")}`, {
		data: { tools: missing },
		remedy: `apt-get install ${packages.join(" ")}`,
	});
}

function requireFilter(architecture: string): Uint8Array {
	const filter = seccompFilter(architecture);
	if (filter !== null) return filter;
	throw new RetakeError("SANDBOX_UNAVAILABLE", `no system call filter for ${architecture}`, {
		remedy: "use the docker driver: --sandbox docker",
	});
}

function checkOwner(sandbox: SandboxOptions, host: BubblewrapHost): void {
	if ((sandbox.owner === null) === (host.uid !== 0) && sandbox.owner?.uid !== 0) return;
	throw new RetakeError(
		"USAGE",
		host.uid === 0 ? "root needs an owner for its trees" : "only root can run as another owner",
		{
			sort: "misuse",
			remedy: host.uid === 0 ? 'give "owner" an unprivileged uid and gid' : 'give null as "owner"',
		},
	);
}
