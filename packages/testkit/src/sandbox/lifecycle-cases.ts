import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { untilProcesses } from "./host-processes.ts";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";

/** Tests opening, closing and looking around. */
export function lifecycleCases(openHarness: OpenSandboxHarness): void {
	test("a closed sandbox refuses, may be closed again, and leaves no layer", async () => {
		await using room = await openRoom(openHarness);
		const workspace = room.workspace();
		await room.run(["touch", "file"], { workspace });
		await room.sandbox[Symbol.asyncDispose]();
		await room.sandbox[Symbol.asyncDispose]();
		expect(existsSync(workspace.upper)).toBe(false);
		await expect(room.run(["true"], { workspace })).rejects.toMatchObject({ code: "SESSION_CLOSED" });
	});

	test("closing ends what is running", async () => {
		await using room = await openRoom(openHarness);
		const nonce = crypto.randomUUID();
		const running = room.shell(`sleep 60; : ${nonce}`);
		await untilProcesses(nonce, (found) => found.length > 0);
		await room.sandbox[Symbol.asyncDispose]();
		expect(await running).toMatchObject({ cancelled: true });
		expect(await untilProcesses(nonce, () => true)).toEqual([]);
	});

	test("a read-only mount is seen by every command", async () => {
		await using harness = await openHarness();
		const options = {
			...harness.options,
			mounts: [{ source: "/usr/share", target: "/opt/shared" }],
			pathPrefix: ["/opt/bin"],
		};
		await using room = await openRoom(async () => ({
			...harness,
			options,
			[Symbol.asyncDispose]: async () => undefined,
		}));
		const result = await room.shell(
			'[ -d /opt/shared/doc ] && echo seen; (: > /opt/shared/new) 2>/dev/null || echo refused; echo "$PATH"',
		);
		expect(text(result.stdout)).toBe("seen\nrefused\n/opt/bin:/usr/local/bin:/usr/bin:/bin\n");
	});

	test("a probe starts a sandbox and says what it found", async () => {
		await using harness = await openHarness();
		const report = await harness.driver.probe();
		expect(report).toMatchObject({ driver: harness.driver.name, usable: true });
		expect(report.findings.filter((finding) => finding.status === "failed")).toEqual([]);
		expect(report.findings.length).toBeGreaterThan(2);
		expect(Object.keys(report.fingerprint)).toContain("kernel");
	});
}
