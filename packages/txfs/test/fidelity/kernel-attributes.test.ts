import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@retake/base";
import { attributesAt, readFile, type TreePath } from "@retake/changeset";
import { setExtendedAttribute } from "@retake/linux";
import { openStore, type Store } from "@retake/store";
import { needs } from "@retake/testkit";
import { beginOverlay, openSnapshots, type StepResult, type Transaction } from "@retake/txfs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const path = (text: string) => text as TreePath;

describe("what commands do to attributes on the kernel's own overlay", needs("root"), () => {
	let directory = "";
	let store: Store;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), "retake-kernel-attributes-"));
		for (const name of ["base", "space", "mounted"]) mkdirSync(join(directory, name));
		store = openStore(join(directory, "store"), { clock: systemClock });
	});
	afterEach(() => {
		store[Symbol.dispose]();
		rmSync(directory, { recursive: true });
	});

	const begin = async (logicalBytesMax?: number): Promise<Transaction> => {
		const snapshot = await openSnapshots({ store, owner: null }).fromDirectory(join(directory, "base"));
		const space = () => ({ root: join(directory, "space"), layersMax: 50 });
		const limit = logicalBytesMax === undefined ? {} : { logicalBytesMax };
		return beginOverlay({ snapshot, space, owner: null, blobs: store.blobs, ...limit });
	};
	const run = (transaction: Transaction, command: string): Promise<StepResult<string>> =>
		transaction.step(async ({ mount }) => {
			if (mount?.kind !== "overlay") throw new Error("an overlay layer can be mounted");
			const options = `userxattr,lowerdir=${mount.lowers.join(":")},upperdir=${mount.upper},workdir=${mount.work}`;
			const script = 'mount -t overlay overlay -o "$1" "$2" && cd "$2" && sh -ec "$3"';
			const argv = ["-m", "sh", "-c", script, "sh", options, join(directory, "mounted"), command];
			return execFileSync("unshare", argv, { encoding: "utf8" });
		});
	const textAt = (transaction: Transaction, at: string) =>
		Buffer.from(readFile(transaction, path(at), 1000)).toString();

	test("a hard link holds within a step; one to a file of a lower layer is broken when that is copied up", async () => {
		writeFileSync(join(directory, "base", "old"), "old\n");
		await using transaction = await begin();
		const linked = await run(transaction, "echo new > a; ln a b; echo more >> b");
		const [a, b] = ["a", "b"].map((at) => attributesAt(linked.attributes, path(at)));
		expect(a?.linkGroup).toBe(0);
		expect(b?.linkGroup).toBe(0);
		expect(textAt(transaction, "a")).toBe("new\nmore\n");
		// The next step copies one of the names up: on a plain directory the other would have the new bytes too.
		const copied = await run(transaction, "echo apart >> a; ln old linked; cat b");
		expect(copied.value).toBe("new\nmore\n");
		expect(textAt(transaction, "b")).toBe("new\nmore\n");
		expect(attributesAt(copied.attributes, path("a"))?.linkGroup).toBeNull();
		expect(attributesAt(copied.attributes, path("old"))?.linkGroup).toBe(0);
		expect(attributesAt(copied.attributes, path("linked"))?.linkGroup).toBe(0);
		expect(attributesAt(transaction.attributes(), path("b"))?.linkGroup).toBeNull();
		expect(copied.changeset.changes.map((change) => change.path)).toEqual(["a", "linked"]);
	});

	test("what is only touched is no change; what a copy-up keeps is kept", async () => {
		const file = join(directory, "base", "file");
		writeFileSync(file, "content\n");
		setExtendedAttribute(file, "user.kept", Buffer.from("value"));
		await using transaction = await begin();
		const { changeset, attributes } = await run(transaction, "touch -d '2001-02-03 04:05:06.123456789 UTC' file");
		expect(changeset.changes).toEqual([]);
		expect(attributesAt(attributes, path("file"))).toMatchObject({
			mtimeNs: 981_173_106_123_456_789n,
			xattrs: [{ name: "user.kept", value: new Uint8Array(Buffer.from("value")) }],
		});
	});

	test("what is dropped is reported: set-id bits and access lists", async () => {
		await using transaction = await begin();
		const { refused, attributes } = await transaction.step(async (layer) => {
			for (const name of ["plain", "listed", "setuid"]) layer.writeFile(path(name), [], 0o644);
			if (layer.mount?.kind !== "overlay") throw new Error("an overlay layer has a directory");
			// Version 2; owner, one more user, group, mask and others, each with its tag, rights and id.
			const list = Buffer.from(
				"02000000" +
					"01000600ffffffff" +
					"02000400e8030000" +
					"04000400ffffffff" +
					"10000400ffffffff" +
					"20000400ffffffff",
				"hex",
			);
			setExtendedAttribute(join(layer.mount.upper, "listed"), "system.posix_acl_access", list);
			execFileSync("chmod", ["u+s", join(layer.mount.upper, "setuid")]);
		});
		expect(refused.toSorted((left, right) => (left.path < right.path ? -1 : 1))).toEqual([
			{ path: "listed", reason: "extended-attribute" },
			{ path: "setuid", reason: "set-id-bit" },
		]);
		expect(attributesAt(attributes, path("listed"))?.xattrs).toEqual([]);
	});

	test("the limit logicalBytes counts holes and every name of a hard link, and can be raised", async () => {
		const mebibyte = 1024 ** 2;
		for (const command of ["truncate -s 8M giant", "truncate -s 3M giant; ln giant two; ln giant three"]) {
			await using bounded = await begin(7 * mebibyte);
			await expect(run(bounded, command)).rejects.toMatchObject({
				code: "TREE_REFUSED",
				data: { limit: "logicalBytes", maximum: 7 * mebibyte },
			});
			await using raised = await begin(9 * mebibyte);
			expect((await run(raised, command)).changeset.changes[0]?.path).toBe("giant");
		}
		expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(directory);
	});
});
