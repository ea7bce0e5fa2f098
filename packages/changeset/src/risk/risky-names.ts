/** What a file can make happen on the machine of somebody who works with the tree. */
export type RiskKind =
	| "environment"
	| "editor"
	| "continuous-integration"
	| "agent"
	| "hook"
	| "git-settings"
	| "package-script"
	| "build-script"
	| "link-outside";

/** Names that some program obeys when it opens a tree, by kind: of files or directories, at any depth, in lower case. */
const names: Readonly<Record<string, RiskKind>> = Object.fromEntries(
	Object.entries({
		environment: [".envrc", ".env", ".mise.toml", "mise.toml", ".tool-versions", ".autoenv", "flake.nix", "shell.nix"],
		editor: [
			[".vscode", ".idea", ".zed", ".fleet", ".devcontainer", ".devcontainer.json", ".vim", ".vimrc", ".nvimrc"],
			[".exrc", ".nvim.lua", ".dir-locals.el", ".dir-locals-2.el", ".sublime-project"],
		].flat(),
		"continuous-integration": [
			[".gitlab-ci.yml", ".circleci", ".travis.yml", ".drone.yml", ".buildkite", ".woodpecker", ".woodpecker.yml"],
			["jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml", "appveyor.yml", ".cirrus.yml", ".forgejo"],
			[".gitea", ".azure-pipelines", "cloudbuild.yaml", ".semaphore"],
		].flat(),
		agent: [
			["claude.md", ".claude", "agents.md", ".cursor", ".cursorrules", ".mcp.json", "mcp.json", ".codex", ".gemini"],
			["gemini.md", ".windsurfrules", ".windsurf", ".clinerules", ".roo", ".aider.conf.yml", ".continue", ".opencode"],
			["copilot-instructions.md", ".goosehints", ".kiro", "opencode.json"],
		].flat(),
		hook: [".husky", ".githooks", ".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml", ".lefthook"],
		"git-settings": [".gitattributes", ".gitmodules", ".gitconfig"],
		"package-script": [".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", ".pnpmfile.mjs", "binding.gyp", "pip.conf"],
		"build-script": ["build.rs", "setup.py", "conftest.py", "sitecustomize.py", "makefile", "gnumakefile", "justfile"],
	} satisfies Partial<Record<RiskKind, readonly string[]>>).flatMap(([kind, listed]) =>
		listed.map((name) => [name, kind as RiskKind]),
	),
);

/** Places that only mean something below another directory, in lower case. */
const places: readonly (readonly [prefix: string, kind: RiskKind])[] = [
	[".github/workflows/", "continuous-integration"],
	[".github/actions/", "continuous-integration"],
	[".github/dependabot.", "continuous-integration"],
	[".github/agents/", "agent"],
	[".cargo/config", "build-script"],
	[".bundle/config", "build-script"],
	[".yarn/releases/", "package-script"],
	[".yarn/plugins/", "package-script"],
];

/**
 * Returns the kind of risk that a path stands for by its name, or null. Case does not matter, as it does not to the file
 * systems on which an editor would find the file all the same.
 */
export function riskOfName(path: string): RiskKind | null {
	const lower = path.toLowerCase();
	for (const [prefix, kind] of places) {
		if (lower.startsWith(prefix) || lower.includes(`/${prefix}`)) return kind;
	}
	for (const component of lower.split("/")) {
		const kind = Object.hasOwn(names, component) ? names[component] : undefined;
		if (kind !== undefined) return kind;
		if (component.endsWith(".code-workspace")) return "editor";
	}
	return null;
}
