import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	chmodSync,
	chownSync,
	copyFileSync,
	createReadStream,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { systemClock } from "@retake/base";
import { buildImage, buildRootFileSystem, type ImageDeclaration, readImageDeclaration } from "@retake/sandbox";
import { needs } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const nobody = 65_534;

/** Images that are built, `base node python` in full. The smallest where nothing is said: to build one takes half a minute. */
const names = (process.env["RETAKE_BUILD_TWICE"] ?? "base").split(/[\s,]+/);
const isFull = process.env["RETAKE_BUILD_TWICE"] !== undefined;

describe("an image that is built twice", needs("root"), () => {
	let scratch: string;
	beforeAll(() => {
		scratch = mkdtempSync(join(tmpdir(), "rtw"));
		chmodSync(scratch, 0o755);
	});
	afterAll(() => rmSync(scratch, { recursive: true, force: true }));

	const timeout = isFull ? 1_800_000 : 300_000;
	test.for(names)("comes out the same to the byte by an ordinary user: %s", { timeout }, async (name) => {
		const tar = await buildAsUser(name, scratch);
		const root = await tarOfRoot(declared(name), { scratch, versions: versionsIn(tar) });
		expect(root).not.toBe(tar);
		expect(await digestOf(tar)).toBe(await digestOf(root));
	});

	if (!isFull) return;
	test("with one package more is refused by its lock, and the image that was there stays", { timeout }, async () => {
		const declaration = declared("base");
		const images = join(scratch, "images");
		const lock = join(scratch, "image.lock.json");
		const options = { images, clock: systemClock, architecture: process.arch, lock };
		const tar = await buildRootFileSystem(declaration, { cacheDirectory: shared });
		mkdirSync(join(images, "artefacts"), { recursive: true });
		copyFileSync(tar, join(images, "artefacts", basename(tar)));
		const { image } = await buildImage(declaration, options);
		const written = readFileSync(lock, "utf8");
		// What the archive would do by moving on: another tar under the same name and lock.
		await expect(buildImage({ ...declaration, packages: ["hello"] }, options)).rejects.toMatchObject({
			code: "IMAGE_CHANGED",
			data: { moved: [expect.stringMatching(/^hello none -> /)] },
		});
		expect(readFileSync(lock, "utf8")).toBe(written);
		await expect(buildImage(declaration, options)).resolves.toMatchObject({ made: "cached", image });
	});
});

const shared = join(tmpdir(), "retake-images");

function declared(name: string): ImageDeclaration {
	return readImageDeclaration(join(import.meta.dirname, `../../../sandbox-images/${name}/image.json`));
}

/** Builds an image as `nobody`, to whom ids are lent in a mount namespace of its own: the host's table of ids stays as it is. */
async function buildAsUser(name: string, scratch: string): Promise<string> {
	const home = mkdtempSync(join(scratch, "user-"));
	chownSync(home, nobody, nobody);
	const ids = join(home, "ids");
	writeFileSync(ids, "nobody:200000:65536\n");
	const lend = "for file in subuid subgid; do mount --bind $0 /etc/$file || exit 1; done";
	const become = `exec setpriv --reuid ${nobody} --regid ${nobody} --clear-groups env HOME=${home} "$@"`;
	const program = [process.execPath, join(import.meta.dirname, "programs/build-tar.ts"), name, join(home, "images")];
	const words = ["-m", "--propagation", "private", "/bin/sh", "-c", `${lend}; ${become}`, ids, ...program];
	const { stdout } = await promisify(execFile)("unshare", words);
	const [uid = "", tar = ""] = stdout.trim().split(" ");
	expect(Number(uid)).toBe(nobody);
	return tar;
}

/** Takes root's tar from where the tests share it, and builds another where the archive has moved on since that was built. */
async function tarOfRoot(
	declaration: ImageDeclaration,
	{ scratch, versions }: { readonly scratch: string; readonly versions: string },
): Promise<string> {
	const tar = await buildRootFileSystem(declaration, { cacheDirectory: shared });
	if (versionsIn(tar) === versions) return tar;
	return buildRootFileSystem(declaration, { cacheDirectory: join(scratch, "root") });
}

/** Reads what dpkg says of its packages in a tar. */
function versionsIn(tar: string): string {
	const status = execFileSync("tar", ["-xOf", tar, "./var/lib/dpkg/status"], { encoding: "utf8" });
	return (status.match(/^(Package|Version): .*$/gm) ?? []).join("\n");
}

async function digestOf(path: string): Promise<string> {
	const hash = createHash("sha256");
	await pipeline(createReadStream(path), hash);
	return hash.digest("hex");
}
