import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";
import type { RuntimeOptions } from "@retake/runtime";
import type { Edges } from "../edges/edges.ts";

/** What names the daemon. */
export type DockerEdges = Pick<Edges, "dockerHost" | "dockerCertificates">;

const socketScheme = "unix://";

/**
 * Reads which daemon DOCKER_HOST means: a socket, or TCP with the certificates in DOCKER_CERT_PATH, as Docker's own command reads them. Throws
 * `USAGE` for any other, and for certificates that are not there.
 */
export function dockerOptions(edges: DockerEdges): Pick<RuntimeOptions, "dockerSocket" | "dockerRemote"> {
	const { dockerHost, dockerCertificates } = edges;
	if (dockerHost === null) return {};
	if (dockerHost.startsWith(socketScheme)) return { dockerSocket: dockerHost.slice(socketScheme.length) };
	const [, name = "", port = "2376"] = /^tcp:\/\/([^:/]+|\[[^\]]+\])(?::(\d+))?\/?$/.exec(dockerHost) ?? [];
	if (name === "") {
		throw new RetakeError("USAGE", `DOCKER_HOST is ${dockerHost}, which is neither a socket nor TCP`, {
			sort: "misuse",
			remedy: "set DOCKER_HOST to unix:///path/of/docker.sock or tcp://HOST:PORT, or unset it",
		});
	}
	if (dockerCertificates === null) {
		throw new RetakeError("USAGE", `DOCKER_HOST is ${dockerHost}, and nothing says who may speak to it`, {
			sort: "misuse",
			remedy:
				"set DOCKER_CERT_PATH to a directory with ca.pem, cert.pem and key.pem: without TLS anybody is root there",
		});
	}
	const read = (file: string): string => {
		try {
			return readFileSync(join(dockerCertificates, file), "utf8");
		} catch (cause) {
			throw new RetakeError("USAGE", `${file} cannot be read from DOCKER_CERT_PATH (${dockerCertificates})`, {
				sort: "misuse",
				remedy: "put ca.pem, cert.pem and key.pem there",
				cause,
			});
		}
	};
	const pem = { authority: read("ca.pem"), certificate: read("cert.pem"), key: read("key.pem") };
	return { dockerRemote: { host: name.replace(/^\[|\]$/g, ""), port: Number(port), ...pem } };
}

/** Returns the socket that DOCKER_HOST names, or the usual one. Throws `USAGE` where it names none. */
export function dockerSocketOf(edges: DockerEdges): string {
	const { dockerSocket, dockerRemote } = dockerOptions(edges);
	if (dockerRemote === undefined) return dockerSocket ?? "/var/run/docker.sock";
	throw new RetakeError("USAGE", "an image is taken from a daemon on this machine", {
		sort: "misuse",
		remedy: "docker save there, and import the file with --archive",
	});
}
