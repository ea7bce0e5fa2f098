import { openRoom } from "@retake/testkit/sandbox-room";
import { openBubblewrapHarness } from "../bubblewrap-harness.ts";

/** Runs a command that never ends, with the text given as its nonce. It is killed by the test that started it. */
const nonce = process.argv[2] ?? "";
await using room = await openRoom(() => openBubblewrapHarness());
process.stdout.write(`${room.harness.options.treesDirectory}\n`);
await room.shell(`setsid sh -c 'sleep 600; : ${nonce}' & sleep 600; : ${nonce}`);
