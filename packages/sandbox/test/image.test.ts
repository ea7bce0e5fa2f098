import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { debianSources } from "../src/image/debian-sources.ts";
import { imageKey, readImageDeclaration } from "../src/image/image-declaration.ts";

let directory: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "rti"));
	mkdirSync(join(directory, "sources.list.d"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

describe("the apt sources of an image", () => {
	test("are Debian's own of the suite with its security updates, and no other publisher's", () => {
		const stanzas = [
			`Types: deb\n# a comment\nURIs: http://one.test/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: ${keyring}`,
			`Types: deb\nURIs: http://two.test/security\nSuites: bookworm-security\nComponents: main\nSigned-By: ${keyring}`,
			`Types: deb\nURIs: http://three.test/debian\nSuites: trixie\nComponents: main\nSigned-By: ${keyring}`,
			"Types: deb\nURIs: http://four.test/vendor\nSuites: bookworm\nComponents: main\nSigned-By: /etc/apt/vendor.gpg",
		];
		writeFileSync(join(directory, "sources.list.d/debian.sources"), `${stanzas.join("\n\n")}\n`);
		const chosen = debianSources(directory, "bookworm");
		expect(chosen.match(/\w+\.test/g)).toEqual(["one.test", "two.test"]);
		expect(chosen).not.toContain("comment");
	});

	test("may be written one a line, with and without options", () => {
		const lines = [
			"# deb http://off.test/debian bookworm main",
			"deb http://one.test/debian bookworm main contrib",
			`deb [arch=amd64 signed-by=${keyring}] http://two.test/security bookworm-security main`,
			"deb [signed-by=/etc/apt/vendor.gpg] http://three.test/vendor bookworm main",
			"deb-src http://one.test/debian bookworm main",
		];
		writeFileSync(join(directory, "sources.list"), `${lines.join("\n")}\n`);
		expect(debianSources(directory, "bookworm")).toBe(
			"Types: deb\nURIs: http://one.test/debian\nSuites: bookworm\nComponents: main contrib\n\n" +
				`Types: deb\nURIs: http://two.test/security\nSuites: bookworm-security\nComponents: main\nSigned-By: ${keyring}\n`,
		);
	});

	test("are refused where the host has none of the suite", () => {
		expect(() => debianSources(directory, "bookworm")).toThrow(/no apt source of Debian's suite bookworm/);
	});
});

describe("an image declaration", () => {
	const images = join(import.meta.dirname, "../../../sandbox-images");

	test("can be read for every image of the project", () => {
		for (const name of ["base", "node"]) expect(readImageDeclaration(join(images, name, "image.json")).name).toBe(name);
	});

	test("has a key that follows what is in the image and not the order of its packages", () => {
		const node = readImageDeclaration(join(images, "node/image.json"));
		expect(imageKey({ ...node, packages: [...node.packages].reverse() })).toBe(imageKey(node));
		expect(imageKey({ ...node, packages: node.packages.slice(1) })).not.toBe(imageKey(node));
		expect(imageKey({ ...node, environment: { A: "1" } })).not.toBe(imageKey(node));
	});

	test("that is missing, no JSON, incomplete or names an option as a package is misuse", () => {
		const path = join(directory, "image.json");
		const complete = readImageDeclaration(join(images, "base/image.json"));
		expect(() => readImageDeclaration(path)).toThrow(/cannot read/);
		const cases = ["{", "[]", "{}", { ...complete, suite: undefined }, { ...complete, packages: ["--hook=x"] }];
		for (const content of cases) {
			writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
			expect(() => readImageDeclaration(path)).toThrow(expect.objectContaining({ code: "USAGE" }));
		}
	});
});
