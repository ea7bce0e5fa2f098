import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { writeCertificate } from "../src/network/write-certificate.ts";

const authorityKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const dayMs = 86_400_000;
const shared = { issuer: "Test authority", issuerKeys: authorityKeys, notBefore: 0, notAfter: Date.now() + dayMs };
/** The authority that signed what the servers show. */
export const authority = writeCertificate({
	...{ ...shared, subject: "Test authority", host: null },
	...{ publicKey: authorityKeys.publicKey, serialNumber: Buffer.of(1, 2) },
});

/** Starts a server over TLS on the host's loopback whose certificate is for one name, and a plain one beside it. */
export async function startSecureServer(host: string) {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const cert = writeCertificate({ ...shared, subject: host, host, publicKey, serialNumber: Buffer.of(1, 3) });
	const asked: IncomingMessage[] = [];
	const answer = (request: IncomingMessage, response: { end(text: string): unknown }): void => {
		asked.push(request);
		response.end(request.url?.includes("info/refs") ? "" : "hello");
	};
	const key = privateKey.export({ type: "pkcs8", format: "pem" });
	const secure = createSecureServer({ key, cert }, answer);
	const plain = createServer(answer);
	const ports = await Promise.all(
		[secure, plain].map(async (server) => {
			await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
			const address = server.address();
			return typeof address === "object" && address !== null ? address.port : 0;
		}),
	);
	return {
		...{ asked, port: ports[0] ?? 0, plainPort: ports[1] ?? 0 },
		[Symbol.asyncDispose]: async () => {
			for (const server of [secure, plain]) {
				server.close();
				server.closeAllConnections();
			}
		},
	};
}
