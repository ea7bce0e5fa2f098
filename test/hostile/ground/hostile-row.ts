import type { SandboxLimits } from "@retake/base";
import { needs } from "@retake/testkit";
import { describe, inject, type TestContext, test } from "vitest";
import { type Arena, openArena } from "./arena.ts";
import type {} from "./docker-service.ts";
import { type OpenGround, openGround } from "./open-ground.ts";
import type { Tripwires } from "./tripwires.ts";

/** What a cell of the printed table says. */
export interface HostileCell {
	readonly id: string;
	readonly attack: string;
	readonly subject: "bubblewrap" | "docker" | "control";
	/** What was seen, in few words. */
	readonly outcome: string;
}

declare module "vitest" {
	interface TaskMeta {
		hostile?: HostileCell;
	}
}

/** One row of the catalogue. */
export interface HostileRow {
	readonly id: string;
	readonly attack: string;
	/** Tighter than the arena's own. */
	readonly limits?: Partial<SandboxLimits>;
	/** Files of the workspace. */
	readonly files?: Readonly<Record<string, string>>;
	/** Called on the workspace before anything of Retake's sees it. */
	readonly prepare?: (workspace: string, tripwires: Tripwires) => void;
	/** Entries of the allow-list besides the one for the allowed host; without it there is no network at all. */
	readonly allow?: (tripwires: Tripwires) => readonly string[];
	/** How long each of its tests may take; the usual where it is not given. */
	readonly timeoutMs?: number;
	/** Attacks under a driver, expects what the catalogue says, and returns what was seen in few words. */
	readonly sealed: (arena: Arena) => Promise<string>;
	/** The same attack without the defence, which must get through; returns what it did in few words. */
	readonly control: (ground: OpenGround) => Promise<string>;
	/** Whether only root can do without the defence what the attack wants. */
	readonly controlNeedsRoot?: boolean;
}

/** Tests one row of the catalogue under both drivers, and its control. */
export function hostileRow(row: HostileRow): void {
	const options = row.timeoutMs === undefined ? {} : { timeout: row.timeoutMs };
	const controlOptions = row.controlNeedsRoot === true ? { ...options, ...needs("root") } : options;
	describe(`${row.id} ${row.attack}`, () => {
		test("is stopped by bubblewrap", options, async (context) => {
			await attack(row, "bubblewrap", null, context);
		});
		test("is stopped by docker", { ...options, ...needs("docker") }, async (context) => {
			const docker = inject("docker");
			if ("missing" in docker) return context.skip(docker.missing);
			await attack(row, "docker", docker.socketPath, context);
		});
		test("gets through without the defence", controlOptions, async (context) => {
			await using ground = await openGround();
			note(row, "control", await row.control(ground), context);
		});
	});
}

async function attack(
	row: HostileRow,
	driver: Arena["driver"],
	dockerSocket: string | null,
	context: TestContext,
): Promise<void> {
	const { limits = {}, files = { "README.md": "hello\n" }, prepare = () => undefined, allow = null } = row;
	await using arena = await openArena({ driver, dockerSocket, limits, files, prepare, allow });
	const outcome = await row.sealed(arena);
	await arena.expectUnharmed();
	note(row, driver, outcome, context);
}

function note(
	{ id, attack: name }: HostileRow,
	subject: HostileCell["subject"],
	outcome: string,
	context: TestContext,
): void {
	context.task.meta.hostile = { id, attack: name, subject, outcome };
}
