import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { bundle } from "./pack/bundle.ts";
import { writeDeclarations } from "./pack/declarations.ts";
import { publishedManifest } from "./pack/manifest.ts";

// Builds the published package in dist/retake and a tarball beside it; the last line printed is the tarball's path.
const repository = join(import.meta.dirname, "..");
const staging = join(repository, "dist/retake");
const source = join(repository, "packages/retake");

rmSync(staging, { recursive: true, force: true });
mkdirSync(join(staging, "dist"), { recursive: true });
const report = await bundle(source, join(staging, "dist"));
writeDeclarations(repository, report.packageFolders, join(staging, "dist/types"));
const manifest = publishedManifest(repository, report, "dist/types/retake/src");
writeFileSync(join(staging, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
cpSync(join(source, "bin"), join(staging, "bin"), { recursive: true });
// The README links to the rest of the documentation.
const pages = ["LICENSE", "README.md", "ARCHITECTURE.md", "THREAT_MODEL.md", "CONTRIBUTING.md"];
for (const name of pages) copyFileSync(join(repository, name), join(staging, name));
// Locks stay here: archives move on, and what an installed copy builds is what its own archive has.
cpSync(join(repository, "sandbox-images"), join(staging, "sandbox-images"), {
	recursive: true,
	filter: (path) => !path.endsWith("image.lock.json"),
});
cpSync(join(repository, "docs"), join(staging, "docs"), { recursive: true });

const { messages } = await publint({ pkgDir: staging, strict: true, pack: "npm" });
for (const message of messages) process.stderr.write(`publint: ${formatMessage(message, { ...manifest })}\n`);
if (messages.some((message) => message.type !== "suggestion")) process.exit(1);

execFileSync("npm", ["pack", "--silent", "--pack-destination", join(repository, "dist")], {
	cwd: staging,
	stdio: ["ignore", "ignore", "inherit"],
});
process.stdout.write(`${join(repository, "dist", `retake-${manifest.version}.tgz`)}\n`);
