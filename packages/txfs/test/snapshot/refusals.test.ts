import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { needs } from "@retake/testkit";
import { refusedPathsMax } from "@retake/txfs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ProcessAnswer, SnapshotRoom } from "./snapshot-room.ts";

const program = new URL("snapshot-process.ts", import.meta.url).pathname;
let room: SnapshotRoom;
beforeEach(() => {
	room = new SnapshotRoom();
});
afterEach(() => room[Symbol.dispose]());

const run = (argv: readonly string[]): ProcessAnswer => {
	const [command = "", ...rest] = argv;
	return JSON.parse(execFileSync(command, rest, { encoding: "utf8" })) as ProcessAnswer;
};

test("files and directories that cannot be read are refused together, by name", {
	...needs("root"),
	timeout: 120_000,
}, () => {
	room.plant(10);
	mkdirSync(room.at("closed"));
	mkdirSync(room.at("listed"));
	writeFileSync(room.at("listed/inside"), "x");
	for (const path of ["d0/f1", "d0/f7", "closed"]) chmodSync(room.at(path), 0o000);
	chmodSync(room.at("listed"), 0o744);
	mkdirSync(room.at("../user"));
	execFileSync("chown", ["61234", room.at("../user")]);
	chmodSync(room.path, 0o755);
	const user = ["setpriv", "--reuid=61234", "--regid=61234", "--clear-groups", process.execPath, program];
	const answer = run([...user, room.workspace, room.at("../user/store")]);
	const paths = ["closed", "d0/f1", "d0/f7", "listed/inside"];
	expect(answer).toMatchObject({ code: "TREE_REFUSED", data: { count: 4 } });
	expect((answer.data as { paths: string[] }).paths.toSorted()).toEqual(paths);
	for (const path of ["d0/f1", "d0/f7", "closed"]) chmodSync(room.at(path), 0o755);
	chmodSync(room.at("listed"), 0o755);
	expect(run([...user, room.workspace, room.at("../user/store")])).toMatchObject({ fileCount: 11 });
});

test("of more than can be named the rest is counted", { timeout: 60_000 }, async () => {
	const count = refusedPathsMax + 5;
	execFileSync(
		"mkfifo",
		Array.from({ length: count }, (_, index) => room.at(`p${index}`)),
	);
	const refused = await room.snapshots.fromDirectory(room.workspace).catch((error: unknown) => error);
	expect(refused).toMatchObject({ code: "TREE_REFUSED", data: { count } });
	expect((refused as { data: { paths: string[] } }).data.paths).toHaveLength(refusedPathsMax);
	expect((refused as Error).message).toContain(`and ${count - 10} more`);
});

test("a full disk is told, and what was half-made is gone from it", { ...needs("root"), timeout: 120_000 }, () => {
	room.plant(3_000);
	const place = room.at("../small");
	mkdirSync(place);
	const script = `mount -t tmpfs -o size=6m tmpfs ${place} && ${process.execPath} ${program} ${room.workspace} ${place}/store && find ${place}/store/trees -mindepth 1 >&2`;
	const answer = run(["unshare", "-m", "sh", "-c", script]);
	expect(answer).toMatchObject({ code: "DISK_FULL" });
	// Proof that it is the space that was missing.
	const more = script.replace("size=6m", "size=600m").replace(" && find", " && true || find");
	expect(run(["unshare", "-m", "sh", "-c", more])).toMatchObject({ fileCount: 3_000 });
});
