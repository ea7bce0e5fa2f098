import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildDockerImage, readImageDeclaration } from "@retake/sandbox";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		socket: { type: "string", default: "/var/run/docker.sock" },
		cache: { type: "string", default: join(tmpdir(), "retake-images") },
	},
});

for (const name of positionals.length === 0 ? ["base"] : positionals) {
	const declaration = readImageDeclaration(join(import.meta.dirname, name, "image.json"));
	const image = await buildDockerImage(declaration, { socketPath: values.socket, cacheDirectory: values.cache });
	console.log(`${image.reference} ${image.id} ${image.digest}`);
}
