import { join } from "node:path";
import { buildRootFileSystem, readImageDeclaration } from "@retake/sandbox";

// Builds an image of the project as whoever this runs as, and says who that is and where the tar lies.
const [, , name = "", cacheDirectory = ""] = process.argv;
const declaration = readImageDeclaration(join(import.meta.dirname, `../../../../sandbox-images/${name}/image.json`));
const tar = await buildRootFileSystem(declaration, { cacheDirectory });
process.stdout.write(`${process.getuid?.()} ${tar}\n`);
