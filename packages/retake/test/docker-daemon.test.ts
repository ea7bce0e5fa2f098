import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dockerOptions, dockerSocketOf } from "../src/flags/docker-daemon.ts";

test("DOCKER_HOST is a socket, or TCP with the certificates that Docker's own command takes", () => {
	const directory = mkdtempSync(join(tmpdir(), "certificates-"));
	try {
		for (const name of ["ca", "cert", "key"]) writeFileSync(join(directory, `${name}.pem`), name);
		const pem = { authority: "ca", certificate: "cert", key: "key" };
		const remote = (dockerHost: string) => dockerOptions({ dockerHost, dockerCertificates: directory }).dockerRemote;
		expect(remote("tcp://build.example:1234")).toEqual({ host: "build.example", port: 1234, ...pem });
		expect(remote("tcp://10.0.0.7")).toEqual({ host: "10.0.0.7", port: 2376, ...pem });
		expect(remote("tcp://[::1]:99/")).toEqual({ host: "::1", port: 99, ...pem });
		rmSync(join(directory, "key.pem"));
		expect(() => remote("tcp://10.0.0.7")).toThrow(
			expect.objectContaining({ code: "USAGE", message: expect.stringContaining("key.pem") }),
		);
	} finally {
		rmSync(directory, { recursive: true });
	}
	expect(dockerOptions({ dockerHost: null, dockerCertificates: null })).toEqual({});
	const socket = { dockerHost: "unix:///run/d.sock", dockerCertificates: null };
	expect(dockerOptions(socket)).toEqual({ dockerSocket: "/run/d.sock" });
	expect(dockerSocketOf(socket)).toBe("/run/d.sock");
});

test.each([
	["tcp://10.0.0.7:2375", "without TLS anybody is root"],
	["ssh://me@host", "tcp://HOST:PORT"],
	["http://10.0.0.7", "tcp://HOST:PORT"],
])("DOCKER_HOST=%s is refused with what to set", (dockerHost, remedy) => {
	expect(() => dockerOptions({ dockerHost, dockerCertificates: null })).toThrow(
		expect.objectContaining({ code: "USAGE", remedy: expect.stringContaining(remedy) }),
	);
});
