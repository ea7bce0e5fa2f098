import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { RemoteDaemon } from "@retake/sandbox";
import { type DaemonKind, DockerDaemon } from "./docker-daemon.ts";
import { answers, type DockerFixture } from "./ensure-docker.ts";

/** A daemon that is also reached over TCP. */
export interface RemoteDockerFixture extends DockerFixture {
	readonly remote: RemoteDaemon;
	/** What another authority than the daemon's has signed. */
	readonly stranger: Pick<RemoteDaemon, "certificate" | "key">;
}

/** Starts a daemon that listens on loopback with TLS on both sides. It needs root, `/usr/sbin/dockerd` and `openssl`. */
export async function startRemoteDocker(): Promise<RemoteDockerFixture> {
	const port = await freePort();
	let directory = "";
	const kind: DaemonKind = {
		prepare: (made) => {
			directory = made;
			for (const [name, usage] of Object.entries({ server: "serverAuth", client: "clientAuth" })) {
				makeCertificate(directory, "authority", name, usage);
			}
			makeCertificate(directory, "other", "stranger", "clientAuth");
		},
		flags: (made) => [
			...["--host", `tcp://127.0.0.1:${port}`, "--tlsverify", "--tlscacert", join(made, "authority.pem")],
			...["--tlscert", join(made, "server.pem"), "--tlskey", join(made, "server.key")],
		],
		line: (_, daemon) => daemon,
	};
	const daemon = new DockerDaemon("overlay2", kind);
	try {
		await daemon.ready(() => answers(daemon.socketPath));
	} catch (error) {
		await daemon.stop();
		throw error;
	}
	const read = (name: string): string => readFileSync(join(directory, name), "utf8");
	const pair = (name: string) => ({ certificate: read(`${name}.pem`), key: read(`${name}.key`) });
	return {
		socketPath: daemon.socketPath,
		processId: daemon.processId,
		remote: { host: "localhost", port, authority: read("authority.pem"), ...pair("client") },
		stranger: pair("stranger"),
		stop: () => daemon.stop(),
	};
}

/** Makes a key with a certificate that an authority signed; the authority too, where it is not there. */
function makeCertificate(directory: string, authority: string, name: string, usage: string): void {
	const openssl = (...words: readonly string[]): void => {
		execFileSync("openssl", words, { cwd: directory, stdio: "pipe" });
	};
	const key = (to: string) => [
		"-newkey",
		"ec",
		"-pkeyopt",
		"ec_paramgen_curve:prime256v1",
		"-nodes",
		"-keyout",
		`${to}.key`,
	];
	if (name === "server" || name === "stranger") {
		openssl("req", "-x509", ...key(authority), "-out", `${authority}.pem`, "-subj", `/CN=${authority}`, "-days", "2");
	}
	writeFileSync(
		join(directory, "extensions"),
		`extendedKeyUsage=${usage}\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n`,
	);
	openssl("req", "-new", ...key(name), "-out", `${name}.csr`, "-subj", `/CN=${name}`);
	const signing = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-CAcreateserial", "-days", "2"];
	openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signing, "-extfile", "extensions");
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	return typeof address === "object" && address !== null ? address.port : 0;
}
