import { execFileSync, spawnSync } from "node:child_process";
import {
	closeSync,
	constants,
	ftruncateSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { constants as systemConstants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { getSystemErrorName } from "node:util";
import { isRetakeError } from "@retake/base";
import {
	changeModeAt,
	changeOwnerAt,
	cloneFile,
	closeOnExecFrom,
	exchangeAt,
	fileExtents,
	fileStatus,
	fileStatusAt,
	getExtendedAttribute,
	isSystemCallError,
	listExtendedAttributes,
	makeDirectoryAt,
	makeLinkAt,
	makeNodeAt,
	makeSymlinkAt,
	mountFileSystem,
	OpenDescriptor,
	openBeneath,
	type ProgramEnd,
	readLinkAt,
	reapProgram,
	removeDirectoryAt,
	removeExtendedAttribute,
	renameAt,
	renameNoReplaceAt,
	SystemCallError,
	setExtendedAttribute,
	setModifiedTimeAt,
	startProgram,
	syncFileSystem,
	tryLockExclusive,
	unlinkAt,
} from "@retake/linux";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let place = "";
let directory = -1;
beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-linux-"));
	directory = openSync(place, constants.O_DIRECTORY);
});
afterEach(() => {
	closeSync(directory);
	rmSync(place, { recursive: true });
});

function codeOf(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		if (isSystemCallError(error)) return String(error.code);
		throw error;
	}
	return "none";
}

describe("openBeneath", () => {
	test("opens what lies beneath and refuses links and ways out", () => {
		mkdirSync(join(place, "inner"));
		writeFileSync(join(place, "inner/file"), "kept");
		symlinkSync("inner", join(place, "link"));
		symlinkSync("/etc/passwd", join(place, "inner/out"));
		using opened = new OpenDescriptor(openBeneath(directory, "inner/file"));
		expect(readFileSync(opened.descriptor, "utf8")).toBe("kept");
		expect(codeOf(() => openBeneath(directory, "link/file"))).toBe("ELOOP");
		expect(codeOf(() => openBeneath(directory, "inner/out"))).toBe("ELOOP");
		expect(codeOf(() => openBeneath(directory, "../etc"))).toBe("EXDEV");
		expect(codeOf(() => openBeneath(directory, "/etc"))).toBe("EXDEV");
		expect(codeOf(() => openBeneath(directory, "absent"))).toBe("ENOENT");
	});

	test("creates with the mode that was asked for and takes names that are not UTF-8", () => {
		const name = Buffer.from([0x61, 0xff, 0x62]);
		const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
		using created = new OpenDescriptor(openBeneath(directory, name, flags, 0o600));
		expect(fileStatus(created.descriptor)).toMatchObject({ kind: "file", mode: 0o600, size: 0, nlink: 1 });
		expect(codeOf(() => openBeneath(directory, name, flags, 0o600))).toBe("EEXIST");
	});

	test("answers a name that no kernel could take as misuse", () => {
		expect(() => openBeneath(directory, "a\0b")).toThrow(expect.toSatisfy((error) => isRetakeError(error, "USAGE")));
		expect(() => openBeneath(directory, "a\udcff")).toThrow(/lone surrogate/);
	});

	test("leaves no descriptor to children", () => {
		using opened = new OpenDescriptor(openBeneath(directory, "."));
		const seen = execFileSync("readlink", ["-f", `/proc/self/fd/${opened.descriptor}`], { encoding: "utf8" });
		expect(seen).not.toContain(place);
	});
});

test("a descriptor that this process was started with reaches its children until it is marked", () => {
	const entry = JSON.stringify(join(import.meta.dirname, "../src/index.ts"));
	const program = `
		import { spawnSync } from "node:child_process";
		import { closeOnExecFrom } from ${entry};
		const reaches = () => spawnSync("ls", ["/proc/self/fd/40"]).status === 0;
		const before = reaches();
		closeOnExecFrom(3);
		console.log(before, reaches());`;
	const file = openSync("/dev/null", "r");
	const others = Array.from({ length: 37 }, () => "ignore" as const);
	const words = ["--input-type=module", "-e", program];
	const child = spawnSync(process.execPath, words, { stdio: ["ignore", "pipe", "inherit", ...others, file] });
	closeSync(file);
	expect(child.stdout.toString()).toBe("true false\n");
});

test("errors look like those of node:fs", () => {
	try {
		unlinkAt(directory, "absent");
		expect.unreachable();
	} catch (error) {
		expect(error).toMatchObject({ code: "ENOENT", errno: -2, syscall: "unlinkat", path: "absent" });
		expect(String(error)).toContain("ENOENT: no such file or directory, unlinkat 'absent'");
	}
});

test("a full quota has its name, by which it is found, whoever threw it", () => {
	const quota = new SystemCallError(systemConstants.errno.EDQUOT, "mkdirat", "name");
	expect(quota).toMatchObject({ code: "EDQUOT", errno: -systemConstants.errno.EDQUOT });
	expect(isSystemCallError(quota, "EDQUOT")).toBe(true);
	const { errno } = quota;
	for (const code of ["UNKNOWN", getSystemErrorName(errno)]) {
		const fromNode = Object.assign(new Error(code), { errno, code, syscall: "write" });
		expect([code, isSystemCallError(fromNode, "EDQUOT"), isSystemCallError(fromNode, "ENOSPC")]).toEqual([
			code,
			true,
			false,
		]);
	}
});

test("renames: plain, without replacing, exchanging kinds", () => {
	writeFileSync(join(place, "one"), "1");
	writeFileSync(join(place, "two"), "2");
	mkdirSync(join(place, "folder"));
	expect(codeOf(() => renameNoReplaceAt(directory, "one", directory, "two"))).toBe("EEXIST");
	exchangeAt(directory, "one", directory, "folder");
	expect(lstatSync(join(place, "one")).isDirectory()).toBe(true);
	expect(readFileSync(join(place, "folder"), "utf8")).toBe("1");
	renameAt(directory, "folder", directory, "two");
	expect(readFileSync(join(place, "two"), "utf8")).toBe("1");
	expect(codeOf(() => exchangeAt(directory, "two", directory, "absent"))).toBe("ENOENT");
});

test("makes and removes directories, links and whiteouts", () => {
	makeDirectoryAt(directory, "folder", 0o700);
	makeSymlinkAt("/nowhere", directory, "link");
	makeNodeAt(directory, "whiteout", constants.S_IFCHR, 0);
	expect(readlinkSync(join(place, "link"))).toBe("/nowhere");
	expect(readLinkAt(directory, "link").toString()).toBe("/nowhere");
	expect(fileStatusAt(directory, "folder")).toMatchObject({ kind: "directory", mode: 0o700 });
	expect(fileStatusAt(directory, "link")).toMatchObject({ kind: "symlink", size: 8 });
	expect(fileStatusAt(directory, "whiteout")).toMatchObject({ kind: "character-device", rdev: 0 });
	expect(codeOf(() => unlinkAt(directory, "folder"))).toBe("EISDIR");
	expect(codeOf(() => removeDirectoryAt(directory, "link"))).toBe("ENOTDIR");
	removeDirectoryAt(directory, "folder");
	unlinkAt(directory, "link");
	expect(fileStatusAt(directory, "link")).toBeNull();
});

test("status agrees with node:fs to the nanosecond", () => {
	writeFileSync(join(place, "file"), "12345");
	const expected = lstatSync(join(place, "file"), { bigint: true });
	const status = fileStatusAt(directory, "file");
	expect(status).toMatchObject({ ino: expected.ino, mtimeNs: expected.mtimeNs, ctimeNs: expected.ctimeNs, size: 5 });
	expect(status?.dev).toBe(Number(expected.dev));
	expect(fileStatusAt(openSync("/dev", constants.O_DIRECTORY), "null")?.rdev).toBe(lstatSync("/dev/null").rdev);
});

test("sets mode past the umask, and the owner of a link itself", () => {
	writeFileSync(join(place, "file"), "");
	changeModeAt(directory, "file", 0o666);
	expect(lstatSync(join(place, "file")).mode & 0o7777).toBe(0o666);
	symlinkSync("/etc/passwd", join(place, "link"));
	const owner = process.getuid?.() === 0 ? 1234 : (process.getuid?.() ?? 0);
	changeOwnerAt(directory, "link", owner, -1);
	expect(lstatSync(join(place, "link")).uid).toBe(owner);
	expect(lstatSync("/etc/passwd").uid).toBe(0);
});

test("a second holder does not get the lock; closing frees it", () => {
	using first = new OpenDescriptor(openBeneath(directory, "."));
	expect(tryLockExclusive(first.descriptor)).toBe(true);
	using second = new OpenDescriptor(openBeneath(directory, "."));
	expect(tryLockExclusive(second.descriptor)).toBe(false);
	first[Symbol.dispose]();
	expect(tryLockExclusive(second.descriptor)).toBe(true);
});

test("extended attributes go round by way of a descriptor's path", () => {
	writeFileSync(join(place, "file"), "");
	const path = `/proc/self/fd/${directory}/file`;
	const value = Buffer.alloc(3000, 7);
	expect(getExtendedAttribute(path, "user.retake")).toBeNull();
	setExtendedAttribute(path, "user.retake", value);
	setExtendedAttribute(path, "user.empty", Buffer.alloc(0));
	setExtendedAttribute(path, Buffer.from("user.raw\xff", "latin1"), Buffer.from("raw"));
	expect(getExtendedAttribute(path, "user.retake")).toEqual(value);
	expect(getExtendedAttribute(path, "user.empty")).toEqual(Buffer.alloc(0));
	expect(
		listExtendedAttributes(path)
			.map((name) => name.toString("latin1"))
			.filter((name) => name.startsWith("user."))
			.toSorted(),
	).toEqual(["user.empty", "user.raw\xff", "user.retake"]);
	removeExtendedAttribute(path, "user.retake");
	removeExtendedAttribute(path, "user.retake");
	expect(getExtendedAttribute(path, "user.retake")).toBeNull();
});

test("sets the time of the last write to the nanosecond, of a link itself, and leaves that of the last reading", () => {
	writeFileSync(join(place, "file"), "");
	symlinkSync("file", join(place, "link"));
	const before = lstatSync(join(place, "file"), { bigint: true });
	for (const mtimeNs of [1_700_000_000_123_456_789n, 0n, -1_500_000_001n]) {
		setModifiedTimeAt(directory, "link", mtimeNs);
		expect(fileStatusAt(directory, "link")?.mtimeNs).toBe(mtimeNs);
	}
	const after = lstatSync(join(place, "file"), { bigint: true });
	expect(after.mtimeNs).toBe(before.mtimeNs);
	expect(after.atimeNs).toBe(before.atimeNs);
	setModifiedTimeAt(directory, ".", 5n);
	expect(fileStatus(directory).mtimeNs).toBe(5n);
});

test("gives a file and a symbolic link a second name", () => {
	writeFileSync(join(place, "file"), "");
	symlinkSync("file", join(place, "link"));
	for (const name of ["file", "link"]) {
		makeLinkAt(directory, name, directory, `${name} again`);
		expect(fileStatusAt(directory, `${name} again`)).toMatchObject({
			ino: fileStatusAt(directory, name)?.ino,
			nlink: 2,
		});
	}
	expect(codeOf(() => makeLinkAt(directory, "file", directory, "link"))).toBe("EEXIST");
});

test("tells where a sparse file holds data", () => {
	using file = new OpenDescriptor(openSync(join(place, "file"), "w+"));
	expect(fileExtents(file.descriptor, 0)).toBeNull();
	ftruncateSync(file.descriptor, 1024 ** 3);
	expect(fileExtents(file.descriptor, 1024 ** 3)).toEqual([]);
	writeSync(file.descriptor, Buffer.alloc(4096, 1), 0, 4096, 2 ** 20);
	writeSync(file.descriptor, "end", 1024 ** 3 - 3);
	expect(fileExtents(file.descriptor, 1024 ** 3)).toEqual([
		{ offset: 2 ** 20, length: 4096 },
		{ offset: 1024 ** 3 - 4096, length: 4096 },
	]);
	writeFileSync(join(place, "dense"), Buffer.alloc(10_000));
	using dense = new OpenDescriptor(openBeneath(directory, "dense"));
	expect(fileExtents(dense.descriptor, 10_000)).toBeNull();
});

test("flushes, and either clones or says that it cannot", () => {
	writeFileSync(join(place, "source"), "shared");
	syncFileSystem(directory);
	using source = new OpenDescriptor(openBeneath(directory, "source"));
	using target = new OpenDescriptor(openBeneath(directory, "target", constants.O_CREAT | constants.O_RDWR, 0o600));
	const code = codeOf(() => cloneFile(source.descriptor, target.descriptor));
	expect(["none", "ENOTSUP", "ENOTTY", "EINVAL"]).toContain(code);
	expect(readFileSync(join(place, "target"), "utf8")).toBe(code === "none" ? "shared" : "");
	expect(codeOf(() => syncFileSystem(9999))).toBe("EBADF");
});

test("mounts and unmounts in a namespace of its own, and says why it cannot", () => {
	const script = `import { mkdirSync, writeFileSync, existsSync } from "node:fs";
		const { mountFileSystem, unmountFileSystem, MS_NODEV } = await import("@retake/linux");
		const target = process.argv[1];
		mountFileSystem({ source: "none", target, type: "tmpfs", flags: MS_NODEV, options: "size=1m" });
		writeFileSync(target + "/inside", "");
		const seen = [existsSync(target + "/inside")];
		unmountFileSystem(target, { lazily: false });
		seen.push(existsSync(target + "/inside"));
		try { unmountFileSystem(target, { lazily: true }); } catch (error) { seen.push(error.code); }
		console.log(seen.join(" "));`;
	const target = join(place, "mount-point");
	mkdirSync(target);
	const argv = ["-Urm", process.execPath, "--input-type=module", "-e", script, target];
	expect(execFileSync("unshare", argv, { cwd: import.meta.dirname, encoding: "utf8" })).toBe("true false EINVAL\n");
	expect(
		codeOf(() => mountFileSystem({ source: "a", target: "/nowhere", type: "tmpfs", flags: 0, options: "" })),
	).toMatch(/^(ENOENT|EPERM)$/);
});

test("importing on another system does not fail; calling does, with what to do", () => {
	const script = `Object.defineProperty(process, "platform", { value: "darwin" });
		const linux = await import("@retake/linux");
		try { linux.syncFileSystem(0); } catch (error) { console.log(linux.isLinux(), error.code, error.remedy); }`;
	const said = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
		cwd: import.meta.dirname,
		encoding: "utf8",
	});
	expect(said).toMatch(/^false USAGE ask isLinux\(\) first/);
});

describe("starting a program", () => {
	const inherits =
		"read line; printf '%s %s|' \"$line\" \"$GREETING\"; readlink /proc/self/fd/3; cut -d ' ' -f 5-6 /proc/self/stat; grep -E 'Sig(Blk|Ign)' /proc/self/status";

	async function endOf(processId: number): Promise<ProgramEnd> {
		for (;;) {
			const end = reapProgram(processId);
			if (end !== null) return end;
			await sleep(2);
		}
	}

	test("it gets its descriptors whatever numbers they had, its environment and nothing else", async () => {
		const out = openSync(join(place, "out"), "w");
		writeFileSync(join(place, "in"), "hello\n");
		// Numbers that are not in the way of each other would prove nothing: 0 is to become 3, and the input 0.
		const input = openSync(join(place, "in"), "r");
		closeOnExecFrom(3);
		const processId = startProgram({
			argv: ["/bin/sh", "-c", inherits],
			env: { GREETING: "wörld" },
			descriptors: [input, out, out, directory],
		});
		closeSync(input);
		closeSync(out);
		expect(await endOf(processId)).toEqual({ exitCode: 0, signal: null });
		const [first = "", ids, blocked, ignored] = readFileSync(join(place, "out"), "utf8").trim().split("\n");
		expect(first).toBe(`hello wörld|${place}`);
		expect(ids).toBe(`${processId} ${processId}`);
		// Node ignores SIGPIPE: what it starts must not.
		expect([blocked, ignored].map((line) => line?.replace(/\s+/, " "))).toEqual([
			"SigBlk: 0000000000000000",
			"SigIgn: 0000000000000000",
		]);
	});

	test("descriptors may have each other's numbers", async () => {
		const [one, two] = ["one", "two"].map((name) => openSync(join(place, name), "w")) as [number, number];
		const descriptors = Array.from({ length: Math.max(one, two) + 1 }, (_, at) =>
			at === one ? two : at === two ? one : 2,
		);
		const argv = ["/bin/sh", "-c", `printf 1 > /proc/self/fd/${one}; printf 2 > /proc/self/fd/${two}`] as const;
		expect(await endOf(startProgram({ argv, env: {}, descriptors }))).toEqual({ exitCode: 0, signal: null });
		for (const descriptor of [one, two]) closeSync(descriptor);
		expect(["one", "two"].map((name) => readFileSync(join(place, name), "utf8"))).toEqual(["2", "1"]);
	});

	test("its end is told once: an exit code or a signal; one that cannot be started throws", async () => {
		const start = (script: string) =>
			startProgram({ argv: ["/bin/sh", "-c", script], env: {}, descriptors: [0, 1, 2] });
		const exited = start("exit 7");
		expect(await endOf(exited)).toEqual({ exitCode: 7, signal: null });
		expect(codeOf(() => reapProgram(exited))).toBe("ECHILD");
		expect(await endOf(start("kill -TERM $$"))).toEqual({ exitCode: null, signal: systemConstants.signals.SIGTERM });
		const [absent, long] = [["/nonexistent"], ["/bin/true", "x".repeat(4 << 20)]] as const;
		expect(codeOf(() => startProgram({ argv: absent, env: {}, descriptors: [] }))).toBe("ENOENT");
		expect(codeOf(() => startProgram({ argv: long, env: {}, descriptors: [] }))).toBe("E2BIG");
	});
});
