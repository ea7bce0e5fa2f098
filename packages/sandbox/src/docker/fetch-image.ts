import { RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { connectDocker, daemonStatus, daemonUnreachable, isUnreachable, withDaemon } from "./docker-client.ts";

/** One line of what a daemon says while it pulls or builds an image. */
export interface ImageProgress {
	/** The layer it speaks of; null where it speaks of the whole. */
	readonly layer: string | null;
	readonly text: string;
	/** Bytes so far and in all; null where it does not count. */
	readonly bytes: { readonly done: number; readonly total: number } | null;
}

/** Where an image is fetched to, and who hears of it. */
export interface FetchImageOptions {
	readonly socketPath: string;
	readonly onProgress?: (progress: ImageProgress) => void;
}

/**
 * Pulls an image from its registry, by tag or by digest (`name@sha256:…`), and returns its id. Throws `SANDBOX_UNAVAILABLE`, with
 * what to do, where no daemon or registry answers, where there is no such image or none for this architecture, and where what came
 * is not what its digest says.
 */
export async function pullDockerImage(reference: string, options: FetchImageOptions): Promise<string> {
	const docker = connectDocker(options);
	try {
		const stream = await docker.pull(reference);
		await follow(docker, stream, options.onProgress);
	} catch (error) {
		if (isUnreachable(error)) throw daemonUnreachable(options, error);
		throw pullFailure(reference, error);
	}
	const { Id: id } = await withDaemon(`cannot look at the image ${reference}`, () =>
		docker.getImage(reference).inspect(),
	);
	return id;
}

/** What an image is built from. */
export interface DockerfileBuild extends FetchImageOptions {
	/** Directory that the daemon is sent. */
	readonly context: string;
	/** Path of the Dockerfile in it. */
	readonly dockerfile: string;
	/** Files of the context that are sent, by relative path. */
	readonly files: readonly string[];
	/** Name that the image gets. */
	readonly reference: string;
	/** `none` unless steps of the build need a network. */
	readonly network?: "none" | "host";
}

/** Builds an image from a Dockerfile, without a network unless asked, and returns its id. Throws `SANDBOX_FAILED` with what the failing step said. */
export async function buildDockerfile(build: DockerfileBuild): Promise<string> {
	const docker = connectDocker(build);
	const said: string[] = [];
	try {
		const stream = await docker.buildImage(
			{ context: build.context, src: [...build.files] },
			{ t: build.reference, dockerfile: build.dockerfile, networkmode: build.network ?? "none", forcerm: true },
		);
		await follow(docker, stream, (progress) => {
			said.push(progress.text);
			build.onProgress?.(progress);
		});
	} catch (error) {
		if (isUnreachable(error)) throw daemonUnreachable(build, error);
		const message = error instanceof Error ? error.message : String(error);
		throw new RetakeError("SANDBOX_FAILED", `${build.dockerfile} could not be built: ${message}`, {
			data: { reference: build.reference, said: said.slice(-20) },
			remedy: "mend the step that failed; one that needs a network is built with network host",
			cause: error,
		});
	}
	const { Id: id } = await withDaemon("cannot look at the image", () => docker.getImage(build.reference).inspect());
	return id;
}

/** Reads a daemon's progress to its end. Throws what it reports as an error. */
async function follow(
	docker: Docker,
	stream: NodeJS.ReadableStream,
	onProgress: ((progress: ImageProgress) => void) | undefined,
): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		let failure: string | undefined;
		const heard = (line: ProgressLine): void => {
			failure ??= line.error;
			const { current: done, total } = line.progressDetail ?? {};
			const bytes = done === undefined || total === undefined ? null : { done, total };
			const text = (line.stream ?? line.status ?? line.error ?? "").trimEnd();
			if (text !== "") onProgress?.({ layer: line.id ?? null, text, bytes });
		};
		docker.modem.followProgress(
			stream,
			(error: Error | null) => {
				// What fails after the answer has begun is a line of it.
				if (error === null && failure === undefined) resolve();
				else reject(error ?? new Error(failure));
			},
			heard,
		);
	});
}

interface ProgressLine {
	readonly id?: string;
	readonly status?: string;
	readonly stream?: string;
	readonly error?: string;
	readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** The daemon tells these apart in words alone. */
function pullFailure(reference: string, cause: unknown): RetakeError {
	const said = cause instanceof Error ? cause.message : String(cause);
	const [why, remedy] =
		daemonStatus(cause) === 404 || /manifest unknown|not found|no matching manifest/i.test(said)
			? ["there is no such image", "look at its name, its digest and the architectures that it is made for"]
			: /does not match|verif|digest|corrupt|unexpected EOF|checksum/i.test(said)
				? ["what came is not what its digest says", "push it again, or mend the registry's storage"]
				: /unauthorized|denied|authentication/i.test(said)
					? ["the registry refused", "log in to it with docker login and pull it with docker pull"]
					: ["it could not be fetched", "look whether the registry can be reached from the daemon's machine"];
	return new RetakeError("SANDBOX_UNAVAILABLE", `cannot pull ${reference}: ${why}: ${said}`, {
		data: { image: reference },
		remedy,
		cause,
	});
}
