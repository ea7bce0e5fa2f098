import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

/** Tests the copy-on-write tree: what is seen, and where writes and deletions land. */
export function overlayCases(openHarness: OpenSandboxHarness): void {
	test("upper directories win over lower ones", async () => {
		await using room = await openRoom(openHarness);
		const workspace = room.workspace(room.lower({ a: "top" }), room.lower({ a: "bottom", b: "below" }));
		expect(text((await room.shell("cat a b", { workspace })).stdout)).toBe("topbelow");
	});

	test("writes land in upper, and the lower tree stays as it was", async () => {
		await using room = await openRoom(openHarness);
		const lower = room.lower({ "dir/kept": "old", changed: "old" });
		const workspace = room.workspace(lower);
		const script = "printf new > changed; printf more > dir/made; mkdir empty; ln -s target link; chmod 755 changed";
		expect((await room.shell(script, { workspace })).exitCode).toBe(0);
		expect(readFileSync(join(workspace.upper, "changed"), "utf8")).toBe("new");
		expect(lstatSync(join(workspace.upper, "changed")).mode & 0o777).toBe(0o755);
		expect(readFileSync(join(workspace.upper, "dir/made"), "utf8")).toBe("more");
		expect(existsSync(join(workspace.upper, "dir/kept"))).toBe(false);
		expect(lstatSync(join(workspace.upper, "empty")).isDirectory()).toBe(true);
		expect(lstatSync(join(workspace.upper, "link")).isSymbolicLink()).toBe(true);
		expect(readFileSync(join(lower, "changed"), "utf8")).toBe("old");
	});

	test("a deletion is a 0:0 device in upper", async () => {
		await using room = await openRoom(openHarness);
		const workspace = room.workspace(room.lower({ gone: "x", stays: "y" }));
		expect((await room.run(["rm", "gone"], { workspace })).exitCode).toBe(0);
		const whiteout = lstatSync(join(workspace.upper, "gone"));
		expect([whiteout.isCharacterDevice(), whiteout.rdev]).toEqual([true, 0]);
		expect(existsSync(join(workspace.upper, "stays"))).toBe(false);
	});

	test("a finished layer serves as a lower directory of the next", async () => {
		await using room = await openRoom(openHarness);
		const base = room.lower({ a: "1", b: "2" });
		const first = room.workspace(base);
		await room.shell("rm a; printf 3 > c", { workspace: first });
		const second = room.workspace(first.upper, base);
		expect(text((await room.shell("ls; cat b c", { workspace: second })).stdout)).toBe("b\nc\n23");
	});

	test("a deep stack of layers works up to the number that the sandbox names", async () => {
		await using room = await openRoom(openHarness);
		const lowers: string[] = [];
		for (let index = 0; index < room.sandbox.layerSpace.layersMax - 1; index++) {
			lowers.unshift(room.workspace().upper);
		}
		const base = room.lower({ bottom: "reached" });
		const workspace = room.workspace(...lowers, base);
		expect(text((await room.run(["cat", "bottom"], { workspace })).stdout)).toBe("reached");
	});

	test("names with commas, colons and backslashes can be mounted", async () => {
		await using room = await openRoom(openHarness);
		const parent = room.lower({ "od,d:na\\me/file": "found" });
		const workspace = room.workspace(join(parent, "od,d:na\\me"));
		expect(text((await room.run(["cat", "file"], { workspace })).stdout)).toBe("found");
	});
}
