import { generateKeyPairSync } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock, Randomness } from "@retake/base";
import { writeCertificate } from "./write-certificate.ts";

/** A certificate authority that exists for one sandbox, in memory alone, and that nobody outside of it trusts. */
export interface ThrowawayAuthority {
	/** Its certificate, PEM. */
	readonly certificate: string;
	/** Returns what stands for a host. */
	standIn(host: string): SecureContext;
}

const dayMs = 86_400_000;

/** Makes an authority, and certificates for these hosts and no others. */
export function createThrowawayAuthority(
	hosts: readonly string[],
	{ clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
): ThrowawayAuthority {
	const name = "Retake throw-away authority";
	const root = generateKeyPairSync("ec", { namedCurve: "P-256" });
	// Inside, a fixed clock may say another time than this one.
	const shared = { issuer: name, issuerKeys: root, notBefore: 0, notAfter: clock.now() + 7 * dayMs };
	const serialNumber = (): Uint8Array => Buffer.concat([Buffer.of(1), randomness.bytes(15)]);
	const certificate = writeCertificate({
		...{ ...shared, subject: name, host: null },
		publicKey: root.publicKey,
		serialNumber: serialNumber(),
	});
	const standIns = new Map(
		hosts.map((host): [string, SecureContext] => {
			const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
			const own = writeCertificate({
				...shared,
				subject: "Retake stand-in",
				host,
				publicKey,
				serialNumber: serialNumber(),
			});
			const key = privateKey.export({ type: "pkcs8", format: "pem" });
			return [host, createSecureContext({ key, cert: own, minVersion: "TLSv1.2" })];
		}),
	);
	return {
		certificate,
		standIn: (host) => {
			const found = standIns.get(host);
			if (found === undefined) throw new TypeError(`no stand-in was made for ${host}`);
			return found;
		},
	};
}
