import { listAttributes } from "./list-attributes.ts";

// A program of its own, to be run where something is mounted: prints what it sees under a directory as JSON.
process.stdout.write(JSON.stringify([...listAttributes(process.argv[2] ?? "")]));
