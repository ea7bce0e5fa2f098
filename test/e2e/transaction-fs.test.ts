import { execFileSync } from "node:child_process";
import * as nodeFileSystem from "node:fs";
import { join } from "node:path";
import git from "isomorphic-git";
import { openTransaction } from "retake";
import { type InputOptions, rollup } from "rollup";
import { expect, test } from "vitest";
import webpack, { type Configuration } from "webpack";
import { scratchWorkspace } from "./scratch-workspace.ts";

const project = {
	"package.json": '{ "name": "app", "type": "module", "dependencies": { "left": "1.0.0" } }\n',
	"src/main.js":
		'import { pad } from "left";\nimport { title } from "./title.js";\nimport data from "./data.json" with { type: "json" };\nconsole.log(pad(title, data.width));\n',
	"src/title.js": 'export const title = "retake";\n',
	"src/data.json": '{ "width": 12 }\n',
	"node_modules/left/package.json":
		'{ "name": "left", "version": "1.0.0", "type": "module", "exports": "./index.js" }\n',
	"node_modules/left/index.js": "export const pad = (text, width) => text.padStart(width);\nexport const unused = 1;\n",
};
const author = { name: "A. Writer", email: "writer@example.org", timestamp: 1_700_000_000, timezoneOffset: 0 };

function repository() {
	const workspace = scratchWorkspace({ "a.txt": "alpha\n", "src/b.txt": "beta\n", "gone.txt": "gone\n" });
	const run = (...words: string[]): string =>
		execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.org", ...words], {
			cwd: workspace.path,
			encoding: "utf8",
		});
	run("init", "-q", "-b", "main");
	run("add", ".");
	run("commit", "-qm", "first");
	run("gc", "-q");
	return { workspace, run };
}

test("isomorphic-git runs unchanged on transaction.fs: status, statusMatrix, log, add and commit", async () => {
	const { workspace, run } = repository();
	using _ = workspace;
	const head = run("rev-parse", "HEAD").trim();
	await using transaction = await openTransaction({ workspace: workspace.path, mount: "/repo", git: true });
	const { fs } = transaction;
	const where = { fs, dir: "/repo" };
	expect((await git.log(where)).map(({ oid, commit }) => [oid, commit.message])).toEqual([[head, "first\n"]]);
	expect(await git.statusMatrix(where)).toEqual([
		["a.txt", 1, 1, 1],
		["gone.txt", 1, 1, 1],
		["src/b.txt", 1, 1, 1],
	]);

	await fs.promises.writeFile("/repo/a.txt", "altered\n");
	await fs.promises.writeFile("/repo/new.txt", "new\n");
	await fs.promises.unlink("/repo/gone.txt");
	expect(await git.status({ ...where, filepath: "a.txt" })).toBe("*modified");
	expect(await git.status({ ...where, filepath: "new.txt" })).toBe("*added");
	expect(await git.statusMatrix(where)).toEqual([
		["a.txt", 1, 2, 1],
		["gone.txt", 1, 0, 1],
		["new.txt", 0, 2, 0],
		["src/b.txt", 1, 1, 1],
	]);
	await transaction.flush();
	await git.add({ ...where, filepath: ["a.txt", "new.txt"] });
	await git.remove({ ...where, filepath: "gone.txt" });
	const oid = await git.commit({ ...where, message: "second", author });
	expect((await git.log(where)).map(({ commit }) => commit.message)).toEqual(["second\n", "first\n"]);
	expect(await git.statusMatrix(where)).toEqual(["a.txt", "new.txt", "src/b.txt"].map((path) => [path, 1, 1, 1]));

	expect(run("rev-parse", "HEAD").trim(), "the repository itself was only read").toBe(head);
	expect(run("status", "--porcelain")).toBe("");
	expect(transaction.changes().changes.map(({ path }) => path)).toEqual(["a.txt", "gone.txt", "new.txt"]);

	// The same on the disk, by node:fs, makes the same commit.
	await transaction.commit();
	const onDisk = { fs: nodeFileSystem, dir: workspace.path };
	await git.add({ ...onDisk, filepath: ["a.txt", "new.txt"] });
	await git.remove({ ...onDisk, filepath: "gone.txt" });
	expect(await git.commit({ ...onDisk, message: "second", author })).toBe(oid);
	expect(run("fsck", "--strict")).toBe("");
});

test("isomorphic-git makes a repository of its own in a transaction, which is in no step", async () => {
	using workspace = scratchWorkspace({ "a.txt": "alpha\n" });
	await using transaction = await openTransaction({ workspace: workspace.path });
	const where = { fs: transaction.fs, dir: "/" };
	await git.init(where);
	await git.add({ ...where, filepath: "a.txt" });
	const oid = await git.commit({ ...where, message: "first", author });
	expect((await git.readBlob({ ...where, oid, filepath: "a.txt" })).blob).toEqual(
		new Uint8Array(Buffer.from("alpha\n")),
	);
	expect(await transaction.flush()).toBeNull();
	expect(nodeFileSystem.existsSync(join(workspace.path, ".git"))).toBe(false);
});

test("webpack bundles from a transaction into it, to the bytes that it writes on disk", async () => {
	using workspace = scratchWorkspace(project);
	const configuration = (root: string): Configuration => ({
		context: root,
		entry: "./src/main.js",
		mode: "production",
		target: "node",
		cache: false,
		output: { path: join(root, "dist"), filename: "bundle.js" },
	});
	const build = async (root: string, fs: typeof nodeFileSystem | null): Promise<void> => {
		const compiler = webpack(configuration(root));
		if (compiler === null) throw new Error("webpack made no compiler");
		if (fs !== null) {
			compiler.inputFileSystem = fs as never;
			compiler.intermediateFileSystem = fs as never;
			compiler.outputFileSystem = fs as never;
		}
		const errors = await new Promise<unknown>((resolve, reject) =>
			compiler.run((error, stats) => (error === null ? resolve(stats?.toJson().errors) : reject(error))),
		);
		expect(errors).toEqual([]);
		await new Promise((resolve) => compiler.close(resolve));
	};
	await using transaction = await openTransaction({ workspace: workspace.path, mount: "/app" });
	await build("/app", transaction.fs);
	expect(nodeFileSystem.existsSync(join(workspace.path, "dist")), "nothing is on disk").toBe(false);
	const { changeset } = (await transaction.flush()) ?? {};
	expect(changeset?.changes.map(({ path }) => path)).toEqual(["dist", "dist/bundle.js"]);
	const bundled = transaction.fs.readFileSync("/app/dist/bundle.js");
	await build(workspace.path, null);
	expect(bundled).toEqual(nodeFileSystem.readFileSync(join(workspace.path, "dist/bundle.js")));
	nodeFileSystem.rmSync(join(workspace.path, "dist"), { recursive: true });
	await transaction.commit();
	expect(execFileSync(process.execPath, ["dist/bundle.js"], { cwd: workspace.path, encoding: "utf8" })).toBe(
		"      retake\n",
	);
});

test("rollup reads its modules by the fs of a transaction, as they are there and not on disk", async () => {
	using workspace = scratchWorkspace(project);
	const bundle = async (root: string, options: InputOptions): Promise<string> => {
		await using build = await rollup({ input: `${root}/src/title.js`, ...options });
		const { output } = await build.generate({ format: "es" });
		return output[0].code;
	};
	await using transaction = await openTransaction({ workspace: workspace.path, mount: "/app" });
	expect(await bundle("/app", { fs: transaction.fs.promises as never })).toBe(await bundle(workspace.path, {}));
	transaction.fs.writeFileSync("/app/src/title.js", 'export const title = "taken again";\n');
	expect(await bundle("/app", { fs: transaction.fs.promises as never })).toContain("taken again");
	expect(await bundle(workspace.path, {})).not.toContain("taken again");
});

test("what somebody else changed meanwhile is not overwritten by a transaction's commit", async () => {
	using workspace = scratchWorkspace(project);
	await using transaction = await openTransaction({ workspace: workspace.path });
	const start = transaction.savepoint();
	transaction.fs.writeFileSync("/src/title.js", "mine\n");
	nodeFileSystem.writeFileSync(join(workspace.path, "src/title.js"), "theirs\n");
	await expect(transaction.commit()).rejects.toMatchObject({ code: "CONFLICT" });
	expect(nodeFileSystem.readFileSync(join(workspace.path, "src/title.js"), "utf8")).toBe("theirs\n");
	transaction.rollbackTo(start);
	transaction.fs.writeFileSync("/added.js", "added\n");
	expect((await transaction.commit()).paths).toEqual(["added.js"]);
	expect(nodeFileSystem.readFileSync(join(workspace.path, "added.js"), "utf8")).toBe("added\n");
});
