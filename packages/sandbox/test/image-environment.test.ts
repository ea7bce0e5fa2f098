import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { buildImage, buildRootFileSystem, createBubblewrapDriver, readImageDeclaration } from "@retake/sandbox";
import { needs, type OpenSandboxHarness, openRoom, text } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefactName } from "../src/image/build-root-file-system.ts";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";
import { type DockerGround, openDockerGround } from "./docker-harness.ts";

const name = "variables";
/** What the image sets: words that a shell or a Dockerfile would change, and one that every command is given otherwise. */
const environment = {
	GREETING: `"hello" $HOME \\n it's`,
	LINES: "one\ntwo",
	EMPTY: "",
	OVERRIDDEN: "by the image",
	PATH: "/opt/own:/usr/bin:/bin",
	LANG: "de_DE.UTF-8",
};

describe("the variables of an image", needs("docker"), () => {
	let scratch: string;
	let images: string;
	let ground: DockerGround;
	beforeAll(async () => {
		ground = await openDockerGround();
		scratch = mkdtempSync(join(tmpdir(), "rte"));
		images = join(scratch, "images");
		mkdirSync(join(images, "artefacts"), { recursive: true });
		const base = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
		// What other tests have built already: variables are no part of the tar.
		const tar = await buildRootFileSystem(base, { cacheDirectory: join(tmpdir(), "retake-images") });
		const declaration = { ...base, name, environment };
		copyFileSync(tar, join(images, "artefacts", artefactName(declaration)));
		const options = { images, clock: systemClock, architecture: process.arch, lock: null };
		expect(await buildImage(declaration, options)).toMatchObject({ made: "unpacked" });
	});
	afterAll(async () => {
		await ground?.[Symbol.asyncDispose]();
		rmSync(scratch, { recursive: true, force: true });
	});

	const onBubblewrap: OpenSandboxHarness = async () => {
		const harness = await openBubblewrapHarness({ image: name, pathPrefix: ["/opt/first"] });
		return { ...harness, driver: createBubblewrapDriver({ images }) };
	};
	const onDocker: OpenSandboxHarness = () => ground.open({ image: name, pathPrefix: ["/opt/first"] }, { images });
	const variablesOn = async (open: OpenSandboxHarness): Promise<Readonly<Record<string, string>>> => {
		await using room = await openRoom(open);
		const { stdout } = await room.run(["env", "-0"], { env: { OVERRIDDEN: "by the command" } });
		const lines = text(stdout).split("\0").slice(0, -1);
		return Object.fromEntries(
			lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
		);
	};

	test("reach commands on both drivers, behind the fixed ones and before a command's own", async () => {
		const seen = await variablesOn(onDocker);
		expect(seen).toEqual(await variablesOn(onBubblewrap));
		expect(seen).toMatchObject({
			...environment,
			OVERRIDDEN: "by the command",
			PATH: "/opt/first:/opt/own:/usr/bin:/bin",
			LANG: "C.UTF-8",
		});
	});

	test("are those of the image alone: without one, no driver has them", async () => {
		for (const open of [() => openBubblewrapHarness(), () => ground.open()])
			expect(Object.keys(await variablesOn(open))).not.toContain("GREETING");
	});
});
