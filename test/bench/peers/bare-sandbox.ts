import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { measure } from "../harness/measure.ts";
import { runProgram } from "./run-program.ts";

const script = `mount -i -n -t overlay -o "userxattr,lowerdir=$1,upperdir=$2,workdir=$3" overlay "$4" &&
exec bwrap --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp --bind "$4" /mnt --chdir /mnt \\
	--unshare-all --unshare-user --disable-userns --uid 1000 --gid 1000 --cap-drop ALL --die-with-parent true`;

/** The least that gives a command namespaces and a writable view of a tree, without limits, filter or capture. */
export class BareSandbox {
	readonly #scratch: string;
	#started = 0;

	constructor(scratch: string) {
		this.#scratch = scratch;
		mkdirSync(join(scratch, "lower"), { recursive: true });
	}

	/** Runs `true` over a fresh layer; returns milliseconds. */
	async sample(): Promise<number> {
		const names = ["upper", "work", "merged"];
		const layer = join(this.#scratch, String(this.#started++));
		for (const name of names) mkdirSync(join(layer, name), { recursive: true });
		const places = [join(this.#scratch, "lower"), ...names.map((name) => join(layer, name))];
		return measure(() => runProgram(["unshare", "-Urm", "sh", "-c", script, "bare", ...places]));
	}
}
