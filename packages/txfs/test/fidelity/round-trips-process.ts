import { type RoundTripOptions, roundTrips } from "./round-trips.ts";

// A program of its own, so that the same trips can be made as another user: takes options as JSON, prints a report as JSON.
const options = JSON.parse(process.argv[2] ?? "{}") as RoundTripOptions;
process.stdout.write(JSON.stringify(await roundTrips(options)));
