import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildDockerImage, readImageDeclaration } from "@retake/sandbox";
import { ensureDocker } from "@retake/testkit";
import { measure } from "../harness/measure.ts";
import { runProgram } from "./run-program.ts";

/** A Docker daemon with the sandbox image, used by its own command line. */
export interface DockerEngine extends AsyncDisposable {
	readonly socketPath: string;
	/** Runs `true` in a new container; returns milliseconds. */
	run(): Promise<number>;
	/** Runs `true` in a container that is up already; returns milliseconds. */
	exec(): Promise<number>;
	/** Runs `true` by runc alone in the same root file system, without the daemon; returns milliseconds. */
	runc(): Promise<number>;
}

/** Finds or starts a daemon and gives it the image. Throws where this machine cannot. */
export async function openDockerEngine(): Promise<DockerEngine> {
	await using stack = new AsyncDisposableStack();
	const fixture = await ensureDocker();
	stack.defer(() => fixture.stop());
	const { socketPath } = fixture;
	const declaration = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
	const cacheDirectory = join(tmpdir(), "retake-images");
	const { reference } = await buildDockerImage(declaration, { socketPath, cacheDirectory });
	const docker = (...words: string[]): Promise<string> =>
		runProgram(["docker", "--host", `unix://${socketPath}`, ...words]);
	const settings = ["--rm", "--network", "none"];
	const container = (await docker("run", "--detach", ...settings, reference, "sleep", "3600")).trim();
	stack.defer(async () => {
		await docker("rm", "--force", container);
	});
	const bundle = mkdtempSync(join(tmpdir(), "rtb"));
	stack.defer(() => rmSync(bundle, { recursive: true }));
	mkdirSync(join(bundle, "rootfs"));
	await docker("export", "--output", join(bundle, "root.tar"), container);
	await runProgram(["tar", "-xf", join(bundle, "root.tar"), "-C", join(bundle, "rootfs"), "--exclude=dev/*"]);
	await runProgram(["runc", "spec", "--bundle", bundle]);
	const configuration = join(bundle, "config.json");
	const spec = JSON.parse(readFileSync(configuration, "utf8"));
	writeFileSync(
		configuration,
		JSON.stringify({ ...spec, process: { ...spec.process, terminal: false, args: ["true"] } }),
	);
	let runs = 0;
	const resources = stack.move();
	return {
		socketPath,
		run: () => measure(() => docker("run", ...settings, reference, "true")),
		exec: () => measure(() => docker("exec", container, "true")),
		runc: () => measure(() => runProgram(["runc", "run", "--bundle", bundle, `retake-bench-${process.pid}-${runs++}`])),
		[Symbol.asyncDispose]: () => resources.disposeAsync(),
	};
}
