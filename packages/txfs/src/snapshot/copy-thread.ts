import { parentPort, workerData } from "node:worker_threads";
import { assert, isRetakeError } from "@retake/base";
import { LayerWriter } from "../overlay/layer-writer.ts";
import { emptyTree } from "../tree/empty-tree.ts";
import { readableMode } from "../tree/readable-mode.ts";
import type { BroughtFile, CopyAnswer, CopyThreadData } from "./copy-threads.ts";
import { FileBringer, type FileRequest } from "./file-bringer.ts";
import { LivePlaces } from "./live-places.ts";
import { StagedFiles } from "./staged-files.ts";

// What a thread of `CopyThreads` runs: it answers each list of requests and ends when it is told to.
assert(parentPort !== null, "this module runs on a thread of its own");
const port = parentPort;
const { root, layer, isFresh, owner, cancelled, number } = workerData as CopyThreadData;
const places = new LivePlaces(root);
// The caller has made the directories, with rights that it takes back at the end.
const writer = isFresh
	? new LayerWriter({ directory: layer, below: emptyTree, owner, modeOnDisk: readableMode, isFresh })
	: null;
const staged = writer === null ? new StagedFiles(`${layer}.new-${number}-`, owner) : null;
const bringer = new FileBringer(places, writer ?? (staged as StagedFiles), () => Atomics.load(cancelled, 0) !== 0);

port.on("message", (message: readonly FileRequest[] | "end") => {
	if (message === "end") {
		places[Symbol.dispose]();
		writer?.[Symbol.dispose]();
		port.close();
	} else port.postMessage(answer(message));
});

function answer(requests: readonly FileRequest[]): CopyAnswer {
	try {
		const files = requests.map((request): BroughtFile => {
			const reading = bringer.bring(request);
			return { reading, staged: staged?.take(reading) ?? null };
		});
		return { kind: "brought", files };
	} catch (error) {
		if (!isRetakeError(error)) return { kind: "failed", code: null, message: String(error) };
		const { code, message, remedy } = error;
		return { kind: "failed", code, message, ...(remedy === undefined ? {} : { remedy }) };
	}
}
