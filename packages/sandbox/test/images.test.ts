import {
	chownSync,
	closeSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	utimesSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import {
	buildImage,
	buildRootFileSystem,
	type ImageDeclaration,
	listImageRecords,
	openImageRoot,
	readImageDeclaration,
	readWholeRoot,
	removeImage,
	requireArtefact,
	requireImage,
	type SandboxOptions,
} from "@retake/sandbox";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBubblewrapDriver } from "../src/bubblewrap/bubblewrap-driver.ts";
import { artefactName } from "../src/image/build-root-file-system.ts";
import { openBubblewrapHarness, owner } from "./bubblewrap-harness.ts";

const declaration: ImageDeclaration = readImageDeclaration(
	join(import.meta.dirname, "../../../sandbox-images/base/image.json"),
);
const isRoot = owner !== null;

/** Turns one bit of a file over, in place. */
function flipByte(path: string, at: number): void {
	const byte = readFileSync(path)[at] ?? 0;
	const descriptor = openSync(path, "r+");
	writeSync(descriptor, Buffer.of(byte ^ 1), 0, 1, at);
	closeSync(descriptor);
}

describe("an image", () => {
	let scratch: string;
	let images: string;
	const options = () => ({
		images,
		clock: systemClock,
		architecture: process.arch,
		lock: join(scratch, "image.lock.json"),
	});
	const artefact = () => join(images, "artefacts", artefactName(declaration));

	beforeAll(async () => {
		scratch = mkdtempSync(join(tmpdir(), "rtim"));
		images = join(scratch, "images");
		mkdirSync(join(images, "artefacts"), { recursive: true });
		// What other tests have built already.
		const built = await buildRootFileSystem(declaration, { cacheDirectory: join(tmpdir(), "retake-images") });
		copyFileSync(built, artefact());
	});
	afterAll(() => rmSync(scratch, { recursive: true, force: true }));

	test("is unpacked from its tar once, under the digest of the tar, and locked by it", async () => {
		const { image, made } = await buildImage(declaration, options());
		expect(made).toBe("unpacked");
		expect(image.digest).toMatch(/^[0-9a-f]{64}$/);
		await expect(requireArtefact(images, image)).resolves.toBe(artefact());
		expect(JSON.parse(readFileSync(options().lock, "utf8"))).toEqual({
			[image.architecture]: { digest: image.digest, packages: expect.objectContaining({ bash: expect.any(String) }) },
		});
		expect((await buildImage(declaration, options())).made).toBe("cached");
		expect(listImageRecords(images)).toEqual([image]);
	});

	const runInside = async (script: string, changes: Partial<SandboxOptions> = {}): Promise<string> => {
		await using harness = await openBubblewrapHarness({ image: "base", ...changes });
		await using sandbox = await createBubblewrapDriver({ images }).open(harness.options);
		const [lower, upper, work] = [
			join(harness.options.treesDirectory, "lower"),
			...["upper", "work"].map((name) => join(sandbox.layerSpace.root, name)),
		] as [string, string, string];
		for (const path of [lower, upper, work]) {
			mkdirSync(path);
			if (owner !== null) chownSync(path, owner.uid, owner.gid);
		}
		const { stdout, stderr } = await sandbox.exec({
			argv: ["/bin/sh", "-c", script],
			env: {},
			cwd: "",
			stdin: new Uint8Array(),
			workspace: { kind: "overlay", lowers: [lower], upper, work },
			network: "none",
		});
		return Buffer.concat([stdout, stderr]).toString("utf8");
	};

	test("is the root of a bubblewrap sandbox: its own programs, not the host's, read-only, with no uid 0 and no setuid in it", async () => {
		const said = await runInside(
			[
				"command -v git || echo no git; cat /etc/debian_version; id -u; stat -c %u /usr/bin/env",
				"find / -xdev -perm /6000 2>/dev/null | wc -l; touch /usr/bin/mine; touch /etc/mine; echo > /workspace/mine && echo written",
			].join("\n"),
		);
		const [git, , uid, programOwner, setuid, ...rest] = said.trim().split("\n");
		expect([git, uid, setuid]).toEqual(["no git", "1000", "0"]);
		if (isRoot) expect(programOwner).toBe("65534");
		expect(rest.filter((line) => line.includes("Read-only file system"))).toHaveLength(2);
		expect(rest).toContain("written");
		// The control: without an image it is the host's programs, git among them.
		expect(await runInside("command -v git", { image: null })).toContain("/git");
	});

	test("takes mounts in places that it has not", async () => {
		const source = join(scratch, "mounted");
		writeFileSync(source, "seen\n");
		const mounts = [{ source, target: "/opt/of/the/host" }];
		expect(await runInside("cat /opt/of/the/host", { mounts })).toBe("seen\n");
	});

	test("that is missing, or of another architecture, is refused with how to get it", () => {
		expect(() => openImageRoot(images, "none", process.arch)).toThrow(
			expect.objectContaining({ code: "IMAGE_NOT_FOUND", remedy: expect.stringContaining("retake image build none") }),
		);
		expect(() => openImageRoot(images, "../names/base", process.arch)).toThrow(/no image/);
		expect(() => openImageRoot(images, "base", "riscv64")).toThrow(
			expect.objectContaining({ code: "SANDBOX_UNAVAILABLE", message: expect.stringContaining("not riscv64") }),
		);
	});

	test("of which one byte of a file is flipped is refused by name, and mended by building it again", async () => {
		const { root, image } = openImageRoot(images, "base", process.arch);
		flipByte(join(root, "usr/bin/env"), 1000);
		expect(() => openImageRoot(images, "base", process.arch)).toThrow(
			expect.objectContaining({
				code: "IMAGE_DAMAGED",
				data: expect.objectContaining({ paths: ["usr/bin/env"] }),
				remedy: "make it again: retake image build base",
			}),
		);
		const again = await buildImage(declaration, options());
		expect([again.made, again.image.digest]).toEqual(["unpacked", image.digest]);
		expect(openImageRoot(images, "base", process.arch).root).toBe(root);
	});

	test("that only looks different, as after a copy, is whole; one with a file too many is not", () => {
		const { root, image } = openImageRoot(images, "base", process.arch);
		utimesSync(join(root, "usr/bin/env"), 1, 1);
		expect(openImageRoot(images, "base", process.arch).root).toBe(root);
		writeFileSync(join(root, "usr/bin/planted"), "");
		expect(() => readWholeRoot(images, image)).toThrow(/planted/);
		rmSync(join(root, "usr/bin/planted"));
		readWholeRoot(images, image);
	});

	test("whose tar is damaged is not given to anybody", async () => {
		const whole = readFileSync(artefact());
		flipByte(artefact(), whole.length - 100_000);
		await expect(requireArtefact(images, requireImage(images, "base"))).rejects.toMatchObject({
			code: "IMAGE_DAMAGED",
		});
		writeFileSync(artefact(), whole);
		await expect(requireArtefact(images, requireImage(images, "base"))).resolves.toBe(artefact());
	});

	test("that comes out otherwise than its lock says is refused, names what moved, and replaces nothing", async () => {
		const { digest } = requireImage(images, "base");
		const lock = readFileSync(options().lock, "utf8");
		writeFileSync(options().lock, lock.replace(digest, "0".repeat(64)).replace(/"bash": ".*"/, '"bash": "0.1"'));
		removeImage(images, "base");
		expect(existsSync(join(images, "roots", digest))).toBe(false);
		copyFileSync(join(tmpdir(), "retake-images", artefactName(declaration)), artefact());
		await expect(buildImage(declaration, options())).rejects.toMatchObject({
			code: "IMAGE_CHANGED",
			message: expect.stringContaining("bash 0.1 -> "),
			remedy: expect.stringContaining("--update"),
		});
		expect(listImageRecords(images)).toEqual([]);
		writeFileSync(options().lock, lock);
	});

	test("that is interrupted while it is unpacked, or was by a kill, leaves nothing half-made", async () => {
		const stopping = new AbortController();
		setTimeout(() => stopping.abort(), 50);
		const killed = join(images, "roots/.unpacking-999999999-abc");
		mkdirSync(killed, { recursive: true });
		await expect(buildImage(declaration, { ...options(), signal: stopping.signal })).rejects.toThrow();
		expect(readdirSync(join(images, "roots"))).toEqual([]);
		expect(listImageRecords(images)).toEqual([]);
	});
});
