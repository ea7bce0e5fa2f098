import { randomBytes } from "node:crypto";
import { isRetakeError, systemClock } from "@retake/base";
import { openStore } from "../src/index.ts";

// Writes until the store refuses, and prints the code of the refusal.
try {
	using store = openStore(String(process.argv[2]), { clock: systemClock });
	for (let count = 0; count < 100; count++) store.blobs.write(randomBytes(100_000));
	process.stdout.write("no error");
} catch (error) {
	if (!isRetakeError(error)) throw error;
	process.stdout.write(error.code);
}
