import { existsSync } from "node:fs";
import { join } from "node:path";
import { findRisks, type RiskKind } from "@retake/changeset";
import { expect } from "vitest";
import { hostileRow } from "./ground/hostile-row.ts";

/** What a candidate leaves for the programs of whoever keeps it, and what kind of risk that is. */
const traps: Readonly<Record<string, RiskKind>> = {
	".envrc": "environment",
	".vscode/tasks.json": "editor",
	"deep/er/.IDEA/workspace.xml": "editor",
	".devcontainer/devcontainer.json": "editor",
	".github/workflows/steal.yml": "continuous-integration",
	".gitlab-ci.yml": "continuous-integration",
	".claude/settings.json": "agent",
	"docs/AGENTS.md": "agent",
	".cursor/rules/all.mdc": "agent",
	".mcp.json": "agent",
	".husky/pre-commit": "hook",
	".gitattributes": "git-settings",
	".npmrc": "package-script",
	"packages/a/package.json": "package-script",
	"build.rs": "build-script",
	out: "link-outside",
};

const leave = `
for each in "$@"; do
	mkdir -p "$(dirname "$each")"
	case $each in
		out) ln -s ../../etc out ;;
		*/package.json) echo '{"name":"a","scripts":{"test":"true","postinstall":"touch owned"}}' > "$each" ;;
		*) echo trap > "$each" ;;
	esac
done
echo plain > plain.txt; ln -s plain.txt inside; rm .travis.yml; mkdir -p src; echo x > src/claude.mdx`;

hostileRow({
	id: "H26",
	attack: "settings that shells, editors, CI, agents and package managers obey",
	files: {
		"README.md": "hello\n",
		".travis.yml": "script: true\n",
		"packages/a/package.json": '{"name":"a","scripts":{"test":"true"}}\n',
	},
	sealed: async (arena) => {
		expect(await arena.shell(leave, ...Object.keys(traps))).toMatchObject({ exitCode: 0 });
		const risks = findRisks(arena.session.changes(), arena.runtime.store.blobs);
		expect(Object.fromEntries(risks.map(({ path, kind }) => [path, kind]))).toEqual(traps);
		expect(risks.find(({ path }) => path.endsWith("package.json"))?.reason).toBe("it changes scripts.postinstall");
		return `${risks.length} of ${Object.keys(traps).length} traps flagged, no plain file`;
	},
	control: async (ground) => {
		// What keeping such a file means: entering the directory as direnv does, and installing as npm does.
		const script = `mkdir -p packages/a; echo 'touch envrc-ran' > .envrc; ${leave}; . ./.envrc; cd packages/a
			sh -c "$(perl -ne 'print $1 if /"postinstall":"([^"]*)"/' package.json)"`;
		await ground.shell(`cd ${ground.directory}; touch .travis.yml; ${script}`, "packages/a/package.json");
		expect(existsSync(join(ground.directory, "envrc-ran"))).toBe(true);
		expect(existsSync(join(ground.directory, "packages/a/owned"))).toBe(true);
		return "a shell and an install run what was left";
	},
});
