import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createBubblewrapDriver, type DriverReport } from "@retake/sandbox";
import { ensureDocker, needs } from "@retake/testkit";
import { describe, expect, test } from "vitest";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";

const root = join(import.meta.dirname, "../../..");
const program = join(import.meta.dirname, "programs/look-around.ts");
const user = ["setpriv", "--reuid", "1500", "--regid", "1500", "--clear-groups"];

interface Look {
	readonly report: DriverReport;
	readonly failures: readonly ({ readonly code: string; readonly message: string; readonly remedy: string } | null)[];
}

function look(prefix: readonly string[], ...mandatory: readonly string[]): Look {
	const home = mkdtempSync(join(tmpdir(), "look-"));
	chmodSync(home, 0o777);
	try {
		const [first = "", ...rest] = [...prefix, process.execPath, "--no-warnings", program, ...mandatory];
		return JSON.parse(execFileSync(first, rest, { env: { TMPDIR: home, PATH: "/usr/bin:/bin" }, encoding: "utf8" }));
	} finally {
		rmSync(home, { recursive: true });
	}
}

const findings = ({ report }: Look, status: string) =>
	report.findings.filter((each) => each.status === status).map(({ check }) => check);

describe("a privilege that is missing is named with what gives it", () => {
	describe("taken away for real", needs("root"), () => {
		test("the same user with everything has a sandbox", () => {
			const found = look(user);
			expect(found.report.usable).toBe(true);
			expect(found.failures[0]).toBe(null);
		});

		test("user namespaces", () => {
			// The bound is that of a namespace around, so nothing of the host changes.
			const forbidding =
				"echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --ambient-caps -all --inh-caps -all";
			const around = ["unshare", "-U", "--map-user=1500", "--map-group=1500", "--keep-caps"];
			const found = look([...user, ...around, "sh", "-c", `${forbidding} "$@"`, "sh"]);
			expect(found.report.usable).toBe(false);
			expect(findings(found, "failed")).toEqual(["sandbox"]);
			expect(findings(found, "warning")).toEqual(
				expect.arrayContaining(["layers by unshare", "layers by copy", "user.max_user_namespaces"]),
			);
			const sandbox = found.report.findings.find(({ status }) => status === "failed");
			expect(sandbox?.detail).toContain("replay, diff, show and export need none");
			expect(sandbox?.remedy).toContain("--sandbox docker");
			expect(found.failures[0]).toMatchObject({
				code: "SANDBOX_UNAVAILABLE",
				message: expect.stringMatching(/unshare: unshare failed: No space left on device.*max_user_namespaces is 0/),
				remedy: expect.stringContaining("sysctl -w user.max_user_namespaces"),
			});
		});

		test("control groups", () => {
			const found = look(user, "cpus");
			expect(findings(found, "warning")).toContain("cpus");
			expect(found.report.enforcement.cpus).toBe(null);
			expect(found.failures[1]).toMatchObject({
				code: "LIMIT_UNENFORCEABLE",
				message: "not enforced on this host: cpus",
				remedy: expect.stringContaining("systemd-run --user --scope -p Delegate=yes"),
			});
		});
	});

	test("what AppArmor forbids is told by its setting", async () => {
		const planted = mkdtempSync(join(tmpdir(), "planted-"));
		try {
			const setting = join(planted, "proc/sys/kernel/apparmor_restrict_unprivileged_userns");
			mkdirSync(dirname(setting), { recursive: true });
			writeFileSync(setting, "1\n");
			const host = { processId: process.pid, uid: process.getuid?.() ?? 0, architecture: process.arch, root: planted };
			// Programs that refuse, as they do under the profile.
			const driver = createBubblewrapDriver({ host, tools: { unshare: "/bin/false", bwrap: "/bin/false" } });
			const report = await driver.probe();
			expect(report.usable).toBe(false);
			const remedy = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
			expect(report.findings).toContainEqual(expect.objectContaining({ check: "apparmor", status: "warning", remedy }));
			await using harness = await openBubblewrapHarness();
			await expect(driver.open(harness.options)).rejects.toMatchObject({
				code: "SANDBOX_UNAVAILABLE",
				remedy: expect.stringContaining(remedy),
			});
		} finally {
			rmSync(planted, { recursive: true });
		}
	});
});

describe("in a container without privileges", needs("docker"), () => {
	test("nothing can be sealed, and it is said how the container must be started", async () => {
		const docker = await ensureDocker();
		const client = ["docker", "-H", `unix://${docker.socketPath}`];
		const run = (words: readonly string[], input?: Buffer) =>
			execFileSync(client[0] as string, [...client.slice(1), ...words], {
				encoding: "utf8",
				...(input === undefined ? {} : { input }),
			});
		const image = "retake-test-links:1";
		const tree = mkdtempSync(join(tmpdir(), "links-"));
		try {
			// The host's own programs, in a root that has nothing else.
			execFileSync("sh", [
				"-c",
				'cd "$1" && mkdir usr tmp etc proc sys dev && chmod 1777 tmp && ln -s usr/bin usr/lib usr/lib64 usr/sbin .',
				"sh",
				tree,
			]);
			run(["import", "-", image], execFileSync("tar", ["-C", tree, "-c", "."]));
			const node = realpathSync(process.execPath);
			const mounts = ["/usr", root, node].flatMap((path) => ["-v", `${path}:${path}:ro`]);
			const words = ["run", "--rm", "--network", "none", ...mounts, image, node, "--no-warnings", program];
			const found = JSON.parse(run(words)) as Look;
			expect(found.report.usable).toBe(false);
			expect(findings(found, "warning")).toContain("container");
			expect(found.failures[0]).toMatchObject({
				code: "SANDBOX_UNAVAILABLE",
				message: expect.stringContaining("this is a container"),
				remedy: expect.stringContaining("--security-opt seccomp=unconfined"),
			});
		} finally {
			rmSync(tree, { recursive: true });
			run(["rmi", "-f", image]);
			await docker.stop();
		}
	});
});
