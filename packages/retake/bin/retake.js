#!/usr/bin/env -S node --max-semi-space-size=4
// With a young generation of its default size, 16 MiB or more, garbage takes more memory than a million files do.
// Written so that an old Node can read it: all it does there is to find a new one, or say what to do.
import { spawn } from "child_process";
import { existsSync } from "fs";
import { fileURLToPath } from "url";

var needed = 24;
var here = fileURLToPath(new URL(".", import.meta.url));
// In the workspace the sources run as they stand; an installed package has only the bundle.
var sources = `${here}../src/cli.ts`;
var pinned = `${here}../../../node_modules/.bin/node`;

if (Number(process.versions.node.split(".")[0]) >= needed) {
	void import(existsSync(sources) ? "../src/cli.ts" : "../dist/cli.js");
} else if (existsSync(sources) && existsSync(pinned)) {
	runPinned();
} else {
	console.error(
		`retake: Node ${needed} or newer is needed, and this is ${process.version}. Install it (https://nodejs.org), then try again.`,
	);
	process.exitCode = 3;
}

function runPinned() {
	var child = spawn(pinned, process.execArgv.concat(fileURLToPath(import.meta.url), process.argv.slice(2)), {
		stdio: "inherit",
	});
	// A signal from the terminal reaches the child too: it decides, and this process ends as the child does.
	var signals = ["SIGINT", "SIGTERM", "SIGHUP"];
	signals.forEach((signal) => {
		process.on(signal, () => {
			child.kill(signal);
		});
	});
	child.on("exit", (code, signal) => {
		if (signal === null) {
			process.exit(code);
			return;
		}
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	});
}
