import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

/** Tests the tree that commands write into, whatever it is made of. */
export function workspaceCases(openHarness: OpenSandboxHarness): void {
	test("a directory moves with what is in it", async () => {
		await using room = await openRoom(openHarness);
		const workspace = room.workspace(room.lower({ "from/one": "1", "from/sub/two": "2" }));
		const result = await room.shell("mv from to && cat to/one to/sub/two && ls", { workspace });
		expect(text(result.stdout)).toBe("12to\n");
		expect(statSync(join(workspace.upper, "to/sub/two")).size).toBe(1);
	});

	test("a plain directory of the layer space is the workspace itself", async () => {
		await using room = await openRoom(openHarness);
		// Where a layer goes, a whole tree can lie.
		const { upper: directory } = room.workspace();
		const workspace = { kind: "directory", directory } as const;
		expect((await room.shell("mkdir sub && echo kept > sub/file && ln -s sub link", { workspace })).exitCode).toBe(0);
		expect(text((await room.shell("cat link/file", { workspace })).stdout)).toBe("kept\n");
		expect(readFileSync(join(directory, "sub/file"), "utf8")).toBe("kept\n");
	});

	test("commands run at the same time, each on its own layer", async () => {
		await using room = await openRoom(openHarness);
		const base = room.lower({ start: "s" });
		const results = await Promise.all(
			Array.from({ length: 6 }, async (_, index) => {
				const workspace = room.workspace(base);
				const result = await room.shell(`printf ${index} > mine; sleep 0.2; ls; cat mine`, { workspace });
				return [text(result.stdout), readFileSync(join(workspace.upper, "mine"), "utf8")];
			}),
		);
		expect(results).toEqual(Array.from({ length: 6 }, (_, index) => [`mine\nstart\n${index}`, String(index)]));
	});
}
