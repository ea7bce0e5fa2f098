import {
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { sha256, systemClock } from "@retake/base";
import { importImage } from "@retake/sandbox";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unpackRoot } from "../src/image/unpack-root.ts";

type Entry = Parameters<ReturnType<typeof pack>["entry"]>[0] & { readonly content?: string };

let scratch: string;
beforeEach(() => {
	scratch = mkdtempSync(join(tmpdir(), "rtun"));
	mkdirSync(join(scratch, "root"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
	const tar = pack();
	for (const { content = "", ...header } of entries) tar.entry({ mtime: new Date(1_000_000), ...header }, content);
	tar.finalize();
	return buffer(tar);
}

async function unpack(...layers: readonly (readonly Entry[])[]) {
	const tars = await Promise.all(layers.map(tarOf));
	const sources = tars.map((tar) => ({
		name: "a layer",
		open: () => Readable.from([tar]),
		compression: "none" as const,
	}));
	return unpackRoot(sources, join(scratch, "root"));
}
const inside = (path: string): string => join(scratch, "root", path);

describe("unpacking layers", () => {
	test("keeps times, links and modes, and takes away setuid, devices and what others could write", async () => {
		const { entries, bytes, files } = await unpack([
			{ name: "usr/bin/", type: "directory", mode: 0o777 },
			{ name: "usr/bin/su", mode: 0o6777, content: "program" },
			{ name: "usr/bin/other", type: "link", linkname: "usr/bin/su" },
			{ name: "bin", type: "symlink", linkname: "usr/bin" },
			{ name: "dev/sda", type: "block-device", mode: 0o666 },
			{ name: "srv/null", type: "character-device", mode: 0o666 },
			{ name: "srv/pipe", type: "fifo" },
		]);
		expect(lstatSync(inside("usr/bin/su")).mode & 0o7777).toBe(0o755);
		expect(lstatSync(inside("usr/bin")).mode & 0o7777).toBe(0o755);
		expect(lstatSync(inside("usr/bin/su")).mtimeMs).toBe(1_000_000);
		expect(lstatSync(inside("usr/bin/other")).ino).toBe(lstatSync(inside("usr/bin/su")).ino);
		expect(readlinkSync(inside("bin"))).toBe("usr/bin");
		expect(readdirSync(inside("srv"))).toEqual([]);
		expect(existsSync(inside("dev"))).toBe(false);
		expect([bytes, files.get("usr/bin/other")]).toEqual([7, sha256(Buffer.from("program"))]);
		expect(entries).toBe(7);
	});

	test("writes nothing outside, whatever links and names an archive has", async () => {
		const outside = join(scratch, "outside");
		await unpack([
			{ name: "out", type: "symlink", linkname: outside },
			{ name: "out/planted", content: "x" },
			{ name: "up", type: "symlink", linkname: "../../.." },
			{ name: "up/planted", content: "x" },
			{ name: "file", content: "first" },
			{ name: "file", type: "symlink", linkname: "/etc/passwd" },
		]);
		expect(readdirSync(scratch)).toEqual(["root"]);
		// An absolute link leads on within the image.
		expect(readFileSync(join(scratch, "root", outside, "planted"), "utf8")).toBe("x");
		expect(readFileSync(inside("planted"), "utf8")).toBe("x");
		expect(readlinkSync(inside("file"))).toBe("/etc/passwd");
	});

	test.each([
		["a name that climbs out", [{ name: "a/../../b", content: "x" }]],
		["a hard link to what is not there", [{ name: "a", type: "link", linkname: "etc/shadow" } as const]],
		[
			"links that lead in a circle",
			[{ name: "a", type: "symlink", linkname: "a" } as const, { name: "a/b", content: "" }],
		],
	])("refuses %s", async (_, entries) => {
		await expect(unpack(entries)).rejects.toMatchObject({ code: "IMAGE_DAMAGED" });
	});

	test("hides by whiteouts what lower layers have, and no more", async () => {
		const lower: Entry[] = [
			{ name: "a/gone", content: "1" },
			{ name: "a/stays", content: "1" },
			{ name: "b/old", content: "1" },
		];
		const upper: Entry[] = [
			{ name: "a/.wh.gone", content: "" },
			{ name: "b/new", content: "2" },
			{ name: "b/link", type: "symlink", linkname: "new" },
			{ name: "b/.wh..wh..opq", content: "" },
		];
		await unpack(lower, upper);
		expect([readdirSync(inside("a")), readdirSync(inside("b"))]).toEqual([["stays"], ["link", "new"]]);
	});
});

describe("an archive of an image", () => {
	const options = () => ({ images: join(scratch, "images"), clock: systemClock, architecture: "x64" });
	const source = { kind: "archive", path: "/archive.tar" } as const;
	const configurationOf = (layers: readonly Buffer[], architecture = "amd64") =>
		JSON.stringify({
			architecture,
			config: { Env: ["PATH=/usr/local/bin:/bin", "A=b=c"] },
			rootfs: { diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
		});
	const layersOf = () => Promise.all([tarOf([{ name: "a", content: "1" }]), tarOf([{ name: "b", content: "2" }])]);

	test("is read as docker save writes it, and as an OCI layout with compressed layers, to the same digest", async () => {
		const layers = await layersOf();
		const manifest = JSON.stringify([{ Config: "c.json", RepoTags: ["a:b"], Layers: ["0/layer.tar", "1/layer.tar"] }]);
		const saved = await tarOf([
			...layers.map((layer, index) => ({ name: `${index}/layer.tar`, content: layer as unknown as string })),
			{ name: "c.json", content: configurationOf(layers) },
			{ name: "manifest.json", content: manifest },
		]);
		const first = await importImage("saved", source, Readable.from([saved]), options());
		expect(first).toMatchObject({ architecture: "amd64", environment: { A: "b=c" }, entries: 3, artefact: null });
		expect(readFileSync(join(options().images, "roots", first.digest, "root/b"), "utf8")).toBe("2");
		const oci = await tarOf(ociFiles(layers, configurationOf(layers)));
		const second = await importImage("oci", source, Readable.from([oci]), options());
		expect(second.digest).toBe(first.digest);
	});

	test("whose blob, layer or architecture is not what it says is refused, and leaves nothing", async () => {
		const layers = await layersOf();
		const wrong = ociFiles(layers, configurationOf(layers.toReversed()));
		const renamed = ociFiles(layers, configurationOf(layers)).map((file) =>
			file.name.startsWith("blobs/") && file.content?.length === 4 ? { ...file, content: "x" } : file,
		);
		const flipped = renamed.map((file, index) => (index === 0 ? { ...file, content: `${file.content}x` } : file));
		const foreign = ociFiles(layers, configurationOf(layers, "s390x"));
		const codes: string[] = [];
		for (const files of [wrong, flipped, foreign, [{ name: "nothing", content: "" }]]) {
			const archive = Readable.from([await tarOf(files)]);
			await importImage("bad", source, archive, options()).catch((error: { code: string }) => codes.push(error.code));
		}
		expect(codes).toEqual(["IMAGE_DAMAGED", "IMAGE_DAMAGED", "SANDBOX_UNAVAILABLE", "IMAGE_DAMAGED"]);
		expect(readdirSync(options().images).filter((name) => name !== "roots")).toEqual([]);
		expect(readdirSync(join(options().images, "roots"))).toEqual([]);
	});
});

function ociFiles(layers: readonly Buffer[], configuration: string): Entry[] {
	const blobs: Entry[] = [];
	const add = (content: Buffer | string) => {
		const digest = sha256(Buffer.from(content));
		blobs.push({ name: `blobs/sha256/${digest}`, content: content as string });
		return { digest: `sha256:${digest}` };
	};
	const packed = layers.map((layer, index) => add(index === 0 ? gzipSync(layer) : zstdCompressSync(layer)));
	const manifest = add(JSON.stringify({ config: add(configuration), layers: packed }));
	return [...blobs, { name: "index.json", content: JSON.stringify({ manifests: [manifest] }) }];
}
