import { createHash, type KeyObject, sign } from "node:crypto";
import { isIPv4 } from "node:net";
import { addressOfLiteral, isLiteral } from "./authority.ts";
import { der } from "./der.ts";

/** What a certificate says. */
export interface CertificateContent {
	/** For people. */
	readonly subject: string;
	readonly issuer: string;
	/** Elliptic curve P-256, as are the issuer's. */
	readonly publicKey: KeyObject;
	readonly issuerKeys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
	readonly serialNumber: Uint8Array;
	/** Milliseconds since 1970. */
	readonly notBefore: number;
	readonly notAfter: number;
	/** The one host that it is for; null for an authority, which may sign for hosts and no further authority. */
	readonly host: string | null;
}

const ecdsaWithSha256 = der.sequence(der.name("1.2.840.10045.4.3.2"));

/** Writes and signs a certificate of version 3, PEM. Source: RFC 5280, section 4.1. */
export function writeCertificate(content: CertificateContent): string {
	const body = der.sequence(
		der.tagged(0, "around", der.integer(2)),
		der.integer(content.serialNumber),
		ecdsaWithSha256,
		nameOf(content.issuer),
		der.sequence(der.time(content.notBefore), der.time(content.notAfter)),
		nameOf(content.subject),
		content.publicKey.export({ type: "spki", format: "der" }),
		der.tagged(3, "around", der.sequence(...extensionsOf(content))),
	);
	const signature = sign("sha256", body, content.issuerKeys.privateKey);
	const certificate = der.sequence(body, ecdsaWithSha256, der.bits(signature));
	const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
	return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** Source: RFC 5280, section 4.2. */
function extensionsOf({ host, publicKey, issuerKeys }: CertificateContent): readonly Buffer[] {
	const subjectKey = extension("2.5.29.14", "plain", der.octets(keyIdentifier(publicKey)));
	const issuerKey = extension(
		"2.5.29.35",
		"plain",
		der.sequence(der.tagged(0, "bytes", keyIdentifier(issuerKeys.publicKey))),
	);
	if (host === null) {
		const constraints = der.sequence(der.true(), der.integer(0));
		// Signs certificates and revocations.
		return [
			extension("2.5.29.19", "critical", constraints),
			extension("2.5.29.15", "critical", der.flags(0x06, 1)),
			subjectKey,
		];
	}
	const serverAuthentication = der.sequence(der.name("1.3.6.1.5.5.7.3.1"));
	return [
		extension("2.5.29.19", "critical", der.sequence()),
		// Signs, no more.
		extension("2.5.29.15", "critical", der.flags(0x80, 7)),
		extension("2.5.29.37", "plain", serverAuthentication),
		extension("2.5.29.17", "plain", der.sequence(alternativeName(host))),
		subjectKey,
		issuerKey,
	];
}

function extension(name: string, kind: "critical" | "plain", value: Buffer): Buffer {
	return der.sequence(der.name(name), ...(kind === "critical" ? [der.true()] : []), der.octets(value));
}

function nameOf(text: string): Buffer {
	return der.sequence(der.set(der.sequence(der.name("2.5.4.3"), der.text(text))));
}

function keyIdentifier(key: KeyObject): Uint8Array {
	return createHash("sha1")
		.update(key.export({ type: "spki", format: "der" }))
		.digest();
}

function alternativeName(host: string): Buffer {
	if (!isLiteral(host)) return der.tagged(2, "bytes", Buffer.from(host, "latin1"));
	const address = addressOfLiteral(host);
	return der.tagged(7, "bytes", isIPv4(address) ? Buffer.from(address.split(".").map(Number)) : addressBytes(address));
}

/** The sixteen bytes of a shortened IPv6 address. */
function addressBytes(address: string): Buffer {
	const [before = [], after] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
	const groups =
		after === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
	const bytes = Buffer.alloc(16);
	for (const [index, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index);
	return bytes;
}
