import { release } from "node:os";
import type { DriverReport, Finding } from "@retake/sandbox";
import { listDisplaced } from "@retake/txfs";
import { Command } from "commander";
import { exitCodes } from "../exit-code.ts";
import { addWorkspaceFlags, type WorkspaceFlags } from "../flags/workspace-flags.ts";
import { doctorDocument } from "../json/doctor-document.ts";
import { openHost } from "../open-workspace.ts";
import { displacedLines } from "../terminal/displaced-lines.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { wrapText } from "../terminal/wrap-text.ts";
import type { Paint, Verb } from "../verb.ts";
import { version } from "../version.ts";

/** Makes `retake doctor`: tries the host, says what enforces what, and how to mend what does not work. */
export const doctorVerb: Verb = (host) => {
	const command = new Command("doctor")
		.summary("try this host: which sandboxes work, what enforces each limit")
		.description("Starts a sandbox of each driver and looks around in it. Exits with 3 where no driver is usable.");
	addWorkspaceFlags(command);
	return command.action((flags: WorkspaceFlags) =>
		host.run(flags, doctorDocument, async ({ edges, paint, columns }) => {
			await using runtime = await openHost(edges, flags);
			const drivers = await runtime.probe();
			const displaced = listDisplaced(runtime.workspace);
			const usable = drivers.some((driver) => driver.usable);
			const platform = `${process.platform} ${process.arch}, kernel ${release()}`;
			return {
				exitCode: usable ? exitCodes.done : exitCodes.infrastructure,
				document: {
					version,
					node: process.version,
					platform,
					usable,
					displaced: displaced.flatMap(({ keptAt }) => keptAt).length,
					drivers: drivers.map(({ driver, enforcement, findings, fingerprint, ...rest }) => ({
						driver,
						usable: rest.usable,
						enforcement: { ...enforcement },
						findings: findings.map((finding) => ({ ...finding })),
						fingerprint: { ...fingerprint },
					})),
				},
				lines: [
					`retake ${version}, Node ${process.version}, ${platform}`,
					...drivers.flatMap((driver) => driverLines(driver, paint, columns)),
					...displacedLines(displaced),
					"",
					usable
						? paint.green("ready")
						: paint.red("no driver is usable: follow a remedy above, then retake doctor again"),
				],
			};
		}),
	);
};

function driverLines({ driver, usable, enforcement, findings }: DriverReport, paint: Paint, columns: number): string[] {
	const limits = Object.entries(enforcement);
	const width = Math.max(0, ...limits.map(([name]) => name.length));
	return [
		"",
		`${paint.bold(driver)}: ${usable ? paint.green("usable") : paint.red("not usable")}`,
		...findings
			// The table below says what enforces a limit; what is wrong with one is said here.
			.filter(({ check, status }) => status !== "ok" || !Object.hasOwn(enforcement, check))
			.flatMap((finding) => findingLines(finding, paint, columns)),
		...(usable ? ["  limits:"] : []),
		...(usable
			? limits.map(
					([name, by]) => `    ${name.padEnd(width)}  ${by === null ? paint.yellow("not enforced") : escapeText(by)}`,
				)
			: []),
	];
}

function findingLines({ check, status, detail, remedy }: Finding, paint: Paint, columns: number): string[] {
	const colour = { ok: paint.green, warning: paint.yellow, failed: paint.red }[status];
	const rest = " ".repeat(11);
	const [found = "", ...more] = wrapText(`${escapeText(check)}: ${escapeText(detail)}`, columns, { first: rest, rest });
	const mend = remedy === null || status === "ok" ? [] : wrapText(escapeText(remedy), columns, { first: rest, rest });
	return [`  ${colour(status.padEnd(7))}${found.slice(9)}`, ...more, ...mend];
}
