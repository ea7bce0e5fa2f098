import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TreePath } from "@retake/changeset";
import { DirectoryOracle, listTree } from "@retake/testkit";
import { unofferedCalls } from "@retake/txfs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenTransactions, openTransactions } from "../open-transactions.ts";

for (const name of ["memory", "copy", "overlay"] as const) {
	describe(`transaction.fs and steps, ${name}`, () => {
		let base: DirectoryOracle;
		let git: DirectoryOracle;
		let transactions: OpenTransactions;
		beforeAll(async () => {
			base = DirectoryOracle.empty();
			writeFileSync(join(base.path, "a.txt"), "alpha\n");
			mkdirSync(join(base.path, "src"));
			writeFileSync(join(base.path, "src/b.txt"), "beta\n");
			symlinkSync("src/b.txt", join(base.path, "link"));
			git = DirectoryOracle.empty();
			writeFileSync(join(git.path, "HEAD"), "ref: refs/heads/main\n");
			transactions = await openTransactions(base.path, name, 100);
		});
		afterAll(async () => {
			await transactions[Symbol.asyncDispose]();
			base[Symbol.dispose]();
			git[Symbol.dispose]();
		});

		test("writes are seen at once, and are one step when they are flushed", async () => {
			await using transaction = transactions.begin();
			const { fs } = transaction;
			fs.writeFileSync("/a.txt", "first\n");
			await fs.promises.mkdir("/made/deep", { recursive: true });
			await fs.promises.rename("/src", "/made/moved");
			expect(fs.readFileSync("/made/moved/b.txt", "utf8")).toBe("beta\n");
			expect(listTree(transaction).get("a.txt")).toBe("file 644 alpha\n");
			const result = await transaction.flush();
			expect(result?.changeset.changes.map(({ path, now }) => `${path}: ${now?.kind ?? "gone"}`)).toEqual([
				"a.txt: file",
				"made: directory",
				"made/deep: directory",
				"made/moved: directory",
				"made/moved/b.txt: file",
				"src: gone",
				"src/b.txt: gone",
			]);
			expect(transaction.savepoint().depth).toBe(1);
			expect(await transaction.flush()).toBeNull();
			expect(fs.readFileSync("/made/moved/b.txt", "utf8")).toBe("beta\n");
		});

		test("a step flushes what was written before it, and the file system shows what the step did", async () => {
			await using transaction = transactions.begin();
			const { fs } = transaction;
			fs.writeFileSync("/before.txt", "before");
			const before = fs.statSync("/a.txt").mtimeMs;
			const { changeset } = await transaction.step(async (layer) => {
				expect(() => fs.writeFileSync("/during.txt", "lost")).toThrow(
					expect.objectContaining({ code: "EBUSY", syscall: "open", path: "/during.txt" }),
				);
				layer.writeFile("a.txt" as TreePath, [Buffer.from("stepped")], 0o600);
			});
			expect(changeset.changes.map(({ path }) => path)).toEqual(["a.txt"]);
			expect(transaction.changes().changes.map(({ path }) => path)).toEqual(["a.txt", "before.txt"]);
			expect(fs.readFileSync("/a.txt", "utf8")).toBe("stepped");
			expect(fs.statSync("/a.txt").mtimeMs, "a changed file looks changed").toBeGreaterThan(before);
			expect(fs.readFileSync("/before.txt", "utf8")).toBe("before");
		});

		test("going back drops writes and closes files; what was flushed before stays", async () => {
			await using transaction = transactions.begin();
			const { fs } = transaction;
			fs.writeFileSync("/kept.txt", "kept");
			await transaction.flush();
			const savepoint = transaction.savepoint();
			fs.writeFileSync("/dropped.txt", "dropped");
			const descriptor = fs.openSync("/dropped.txt", "r+");
			transaction.rollbackTo(savepoint);
			expect(fs.readdirSync("/")).toEqual(["a.txt", "kept.txt", "link", "src"]);
			expect(() => fs.writeSync(descriptor, "x")).toThrow(expect.objectContaining({ code: "EBADF" }));
			expect(await transaction.flush()).toBeNull();
		});

		test("writes that are no step yet are never forgotten silently", async () => {
			await using transaction = transactions.begin();
			const early = transaction.savepoint();
			transaction.fs.writeFileSync("/new.txt", "new");
			const isRefused = expect.objectContaining({
				code: "USAGE",
				sort: "misuse",
				remedy: expect.stringContaining("flush"),
			});
			expect(() => transaction.savepoint()).toThrow(isRefused);
			expect(() => transaction.changes()).toThrow(isRefused);
			expect(() => transaction.fork()).toThrow(isRefused);
			await using fork = transaction.fork(early);
			expect(fork.fs.existsSync("/new.txt")).toBe(false);
			await transaction.flush();
			expect(transaction.changes().changes).toHaveLength(1);
		});

		test("a fork's file system is its own", async () => {
			await using transaction = transactions.begin();
			transaction.fs.writeFileSync("/a.txt", "before the fork");
			await transaction.flush();
			await using fork = transaction.fork();
			fork.fs.writeFileSync("/a.txt", "in the fork");
			await fork.flush();
			transaction.fs.unlinkSync("/a.txt");
			await transaction.flush();
			expect(fork.fs.readFileSync("/a.txt", "utf8")).toBe("in the fork");
			expect(transaction.fs.existsSync("/a.txt")).toBe(false);
		});

		test("a hundred flushes over one file system stay true to the transaction", async () => {
			await using transaction = transactions.begin();
			const { fs } = transaction;
			for (let round = 0; round < 100; round++) {
				fs.writeFileSync(`/f${round % 7}`, `round ${round}`);
				if (round % 10 === 9) fs.renameSync(`/f${round % 7}`, "/moved");
				await transaction.flush();
			}
			expect(fs.readFileSync("/moved", "utf8")).toBe("round 99");
			expect(listTree(transaction).get("moved")).toBe("file 644 round 99");
			expect(transaction.savepoint().depth).toBe(100);
		});

		test("what no changeset takes is scratch: it outlives steps and is in none", async () => {
			await using transaction = transactions.begin({ mount: "/work/space", gitDirectory: git.path });
			const { fs } = transaction;
			expect(fs.readFileSync("/work/space/.git/HEAD", "utf8")).toBe("ref: refs/heads/main\n");
			fs.writeFileSync("/work/space/.git/index", "an index");
			fs.writeFileSync("/work/space/.git/HEAD", "ref: refs/heads/other\n");
			fs.mkdirSync("/work/space/.retake");
			fs.mkdirSync("/tmp");
			fs.writeFileSync("/tmp/cache", "beside the tree");
			expect(await transaction.flush()).toBeNull();
			await transaction.step(async (layer) => layer.writeFile("c.txt" as TreePath, [], 0o644));
			expect(fs.readdirSync("/work/space")).toEqual([".git", ".retake", "a.txt", "c.txt", "link", "src"]);
			expect(fs.readFileSync("/work/space/.git/index", "utf8")).toBe("an index");
			expect(fs.readFileSync("/tmp/cache", "utf8")).toBe("beside the tree");
			expect(git.list()).toEqual(new Map([["HEAD", "file 644 ref: refs/heads/main\n"]]));
			fs.renameSync("/work/space/.git/index", "/work/space/index");
			expect((await transaction.flush())?.changeset.changes.map(({ path }) => path)).toEqual(["index"]);
			expect(fs.readFileSync("/work/space/index", "utf8")).toBe("an index");
		});

		test("a transaction that was rolled back has no file system", async () => {
			const transaction = transactions.begin();
			const { fs } = transaction;
			fs.writeFileSync("/new.txt", "new");
			transaction.rollback();
			expect(fs.readdirSync("/")).toEqual([]);
			expect(() => fs.writeFileSync("/new.txt", "new")).toThrow(expect.objectContaining({ code: "EROFS" }));
			expect(() => transaction.fs).toThrow(expect.objectContaining({ code: "SESSION_CLOSED" }));
		});

		test.each(Object.entries(unofferedCalls))("%s is refused in each of its forms: %s", async (call, reason) => {
			await using transaction = transactions.begin();
			const fs = transaction.fs as unknown as Record<string, (...parameters: readonly unknown[]) => unknown>;
			const refusal = expect.objectContaining({
				code: "ENOSYS",
				errno: -38,
				syscall: call,
				message: `ENOSYS: function not implemented, ${call} '/a.txt' (${reason})`,
			});
			expect(() => fs[`${call}Sync`]?.("/a.txt", 1, 1)).toThrow(refusal);
			const promises = transaction.fs.promises as unknown as typeof fs;
			await expect(promises[call]?.("/a.txt", 1, 1)).rejects.toEqual(refusal);
			if (/watch/i.test(call)) expect(() => fs[call]?.("/a.txt", () => {})).toThrow(refusal);
			else await expect(new Promise((resolve) => fs[call]?.("/a.txt", 1, resolve))).resolves.toEqual(refusal);
		});
	});
}
