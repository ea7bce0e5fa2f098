import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { RetakeError } from "@retake/base";
import {
	type BuiltImage,
	buildImage,
	type ImageRecord,
	importImage,
	listImageRecords,
	readImageDeclaration,
	readWholeRoot,
	removeImage,
	removeUnused,
	requireArtefact,
	requireImage,
	saveDockerImage,
} from "@retake/sandbox";
import { Argument, Command } from "commander";
import type { Edges } from "../edges/edges.ts";
import { exitCodes } from "../exit-code.ts";
import { dockerSocketOf } from "../flags/docker-daemon.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { findDeclaration } from "../image/find-declaration.ts";
import { imagesDirectory } from "../image/images-directory.ts";
import { imageDocument } from "../json/image-document.ts";
import { findWorkspace } from "../open-workspace.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatAge, formatBytes, formatCount } from "../terminal/format.ts";
import { layOutTable } from "../terminal/table.ts";
import type { Face, Verb } from "../verb.ts";

interface ImageFlags extends WorkspaceFlags {
	readonly update?: boolean;
	readonly docker?: string;
	readonly archive?: string;
}

const actions = ["list", "build", "import", "verify", "remove", "prune"] as const;
type Action = (typeof actions)[number];

interface Told {
	readonly images: readonly ImageRecord[];
	readonly made?: BuiltImage["made"];
	readonly freed?: number;
	readonly lines: readonly string[];
}

const examples = `
Examples:
  retake image build node
  retake run --image node -- node --version
  docker save my-image > my-image.tar && retake image import mine --archive my-image.tar
  retake image import mine --docker my-image
  retake image verify node

RETAKE_IMAGES names another directory than ~/.cache/retake/images.`;

/** Makes `retake image`: builds, takes in, lists, checks and removes the images that sandboxes run in. */
export const imageVerb: Verb = (host) => {
	const command = new Command("image")
		.summary("build, take in, list, check and remove images of sandboxes")
		.description(
			"Looks after the images that --image names. build makes one with mmdebstrap, out of the declaration sandbox-images/NAME in the " +
				"workspace, a directory, or one that Retake brings; the lock beside it says what must come out. import unpacks one from Docker or an archive.",
		)
		.addArgument(new Argument("<action>", "what to do").choices(actions))
		.argument("[name]", "the image; for build also a directory with an image.json")
		.option("--update", "build from what the archive has now, and write the lock anew")
		.option("--docker <reference>", "import from the Docker daemon")
		.option("--archive <file>", "import from what docker save wrote, or an OCI layout in a tar");
	addWorkspaceFlags(command).addHelpText("after", examples);
	return command.action((action: Action, name: string | undefined, flags: ImageFlags) =>
		host.run(flags, imageDocument, async (face) => {
			const images = imagesDirectory(face.edges.environment);
			const { lines, made = null, freed = null, ...told } = await act(action, name, flags, { face, images });
			return {
				exitCode: exitCodes.done,
				document: { action, directory: images, made, freed, images: told.images.map(toJson) },
				lines,
			};
		}),
	);
};

interface Place {
	readonly face: Face;
	readonly images: string;
}

async function act(action: Action, name: string | undefined, flags: ImageFlags, place: Place): Promise<Told> {
	const { face, images } = place;
	const { edges } = face;
	switch (action) {
		case "list": {
			const records = listImageRecords(images);
			return { images: records, lines: listingLines(records, face) };
		}
		case "build": {
			const workspace = findWorkspace(flags.workspace, edges.workingDirectory);
			const { path, lock } = findDeclaration(required(name, action), { workspace, from: edges.workingDirectory });
			const { image, made } = await buildImage(readImageDeclaration(path), {
				images,
				clock: edges.clock,
				architecture: process.arch,
				lock,
				update: flags.update === true,
				environment: edges.environment,
				signal: edges.interrupted,
				onProgress: progress(edges, face.json),
			});
			return { images: [image], made, lines: [`${made} ${described(image)}`] };
		}
		case "import": {
			const image = await takeIn(required(name, action), flags, place);
			return { images: [image], made: "unpacked", lines: [`unpacked ${described(image)}`] };
		}
		case "verify": {
			const image = requireImage(images, required(name, action));
			readWholeRoot(images, image);
			if (image.artefact !== null) await requireArtefact(images, image);
			return { images: [image], lines: [`whole: ${described(image)}`] };
		}
		case "remove": {
			const image = requireImage(images, required(name, action));
			removeImage(images, image.name);
			return { images: [image], lines: [`removed ${described(image)}`] };
		}
		case "prune": {
			const freed = removeUnused(images);
			return {
				images: [],
				freed,
				lines: [`removed ${formatCount(freed, "tar or root", "tars and roots")} of no image`],
			};
		}
	}
}

async function takeIn(name: string, { docker, archive }: ImageFlags, { face, images }: Place): Promise<ImageRecord> {
	const { edges, json } = face;
	const options = {
		images,
		clock: edges.clock,
		architecture: process.arch,
		signal: edges.interrupted,
		onProgress: progress(edges, json),
	};
	if (docker !== undefined && archive === undefined) {
		const socket = dockerSocketOf(edges);
		return importImage(name, { kind: "docker", reference: docker }, await saveDockerImage(socket, docker), options);
	}
	if (archive !== undefined && docker === undefined) {
		const path = resolve(edges.workingDirectory, archive);
		return importImage(name, { kind: "archive", path }, createReadStream(path), options);
	}
	throw new RetakeError("USAGE", "import takes an image from one place", {
		sort: "misuse",
		remedy: "give --docker REFERENCE or --archive FILE",
	});
}

function required(name: string | undefined, action: Action): string {
	if (name !== undefined) return name;
	throw new RetakeError("USAGE", `retake image ${action} needs the name of an image`, {
		sort: "misuse",
		remedy: `retake image ${action} NAME; retake image list shows what is there`,
	});
}

/** What is being done is said on standard error, but not beside a document. */
function progress({ stderr }: Edges, json: boolean): (line: string) => void {
	return json ? () => undefined : (line) => void stderr.stream.write(`retake: ${escapeText(line)}\n`);
}

function described({ name, digest, architecture, entries, bytes }: ImageRecord): string {
	return `${escapeText(name)}  ${digest.slice(0, 12)}  ${architecture}  ${formatCount(entries, "entry", "entries")}, ${formatBytes(bytes)}`;
}

function listingLines(records: readonly ImageRecord[], { edges, columns }: Face): string[] {
	if (records.length === 0) return ["no images yet; retake image build base makes one"];
	const now = edges.clock.now();
	const rows = records.map(({ name, digest, architecture, bytes, createdAt, source }) => [
		escapeText(name),
		digest.slice(0, 12),
		architecture,
		formatBytes(bytes),
		formatAge(createdAt, now),
		escapeText(source.kind === "docker" ? `docker ${source.reference}` : source.kind),
	]);
	const titles = ["image", "digest", "for", "size", "made", "from"];
	return layOutTable(
		titles.map((title) => ({ title, gives: title === "from" })),
		rows,
		columns,
	);
}

function toJson({ name, digest, architecture, environment, source, entries, bytes, createdAt }: ImageRecord) {
	const created = new Date(createdAt).toISOString();
	return {
		...{ name, digest, architecture, environment: { ...environment }, from: source.kind, entries, bytes },
		createdAt: created,
	};
}
