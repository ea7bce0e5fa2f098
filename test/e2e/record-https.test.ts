import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

/** Clients of three kinds, none of which knows of Retake, ask the same server over https. */
const script = `
set -e
curl -sS "$1/from-curl"
python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1] + "/from-python").read().decode(), end="")' "$1"
node -e 'fetch(process.argv[1] + "/from-node").then((r) => r.text()).then((text) => process.stdout.write(text))' "$1"
curl -sS -o /dev/null https://elsewhere.example/ || echo "elsewhere: $?"
`;

test("what curl, Python and Node ask over https is recorded, and served again with the server gone", async () => {
	using workspace = scratchWorkspace({ "ask.sh": script });
	using certificates = scratchWorkspace({});
	const [key, certificate] = ["key.pem", "certificate.pem"].map((name) => join(certificates.path, name)) as [
		string,
		string,
	];
	const name = hostname();
	const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
	const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
	execFileSync("openssl", ["req", ...kind, ...subject, "-keyout", key, "-out", certificate], { stdio: "ignore" });
	let asked = 0;
	const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
		asked++;
		response.end(`heard ${request.url}\n`);
	});
	server.listen(0);
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new TypeError("the server has no port");
	const host = `${name}:${address.port}`;
	const variables = { NODE_EXTRA_CA_CERTS: certificate };
	const run = (...words: string[]) => startRetake(workspace.path, words, variables).ended;
	const recorded = await run("run", "--record-http", "--http-host", host, "--", "sh", "ask.sh", `https://${host}`);
	expect(recorded.stdout).toBe("heard /from-curl\nheard /from-python\nheard /from-node\nelsewhere: 56\n");
	expect(recorded.stderr).toContain("a request was refused: elsewhere.example is not among the hosts");
	expect(asked).toBe(3);
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));

	const verified = await run("replay", "@last", "--verify");
	expect(verified.stdout).toContain("executed again: 1 of 1 call came out the same to the byte");
	expect(verified.stdout).toContain("its HTTP: 3 of 3 exchanges served from the record, none sent");
	expect(verified.exitCode).toBe(0);
}, 240_000);
