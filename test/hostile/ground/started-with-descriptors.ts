// A runner that was itself started with descriptors that it knows nothing of: runs one program in a session and prints what it said.
import { openSession } from "@retake/runtime";

const [, , workspace = "", driver = "bubblewrap", dockerSocket = "/var/run/docker.sock", program = "", ...words] =
	process.argv;
const sandbox = driver === "docker" ? "docker" : "bubblewrap";
await using session = await openSession({ workspace, store: `${workspace}/.retake-second`, sandbox, dockerSocket });
const { stdout } = await session.call("exec", { argv: ["perl", "-e", program, ...words] });
process.stdout.write(stdout);
