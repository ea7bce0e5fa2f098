import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRoom, text } from "@retake/testkit";
import { expect, test } from "vitest";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";

test("addresses are not randomised: two runs of a program see the same memory map", async () => {
	await using room = await openRoom(() => openBubblewrapHarness());
	const maps = async () => text((await room.run(["cat", "/proc/self/maps"])).stdout);
	const first = await maps();
	expect(first).toContain("[stack]");
	expect(await maps()).toBe(first);
});

test("two drivers of one process have sandboxes open at once", async () => {
	await using first = await openRoom(() => openBubblewrapHarness());
	await using second = await openRoom(() => openBubblewrapHarness());
	const printed = await Promise.all([first, second].map((room, index) => room.run(["echo", String(index)])));
	expect(printed.map(({ stdout }) => text(stdout))).toEqual(["0\n", "1\n"]);
});

test("what is mounted may have any name, there and here", async () => {
	const source = join(mkdtempSync(join(tmpdir(), "mounts-")), "a #b\\040c\td");
	try {
		mkdirSync(source);
		chmodSync(join(source, ".."), 0o755);
		writeFileSync(join(source, "found"), "yes");
		const target = "/opt/with space\tand \\ and #";
		await using room = await openRoom(() => openBubblewrapHarness({ mounts: [{ source, target }] }));
		expect(text((await room.run(["cat", `${target}/found`])).stdout)).toBe("yes");
	} finally {
		rmSync(join(source, ".."), { recursive: true });
	}
});
