import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { type CommandInside, describeMountedTransactions, needs, type TransactionHarness } from "@retake/testkit";
import type { Savepoint, StepResult, Transaction, WritableLayer } from "@retake/txfs";
import { afterAll, describe, expect, test } from "vitest";
import { normaliseLayer } from "../../packages/sandbox/src/bubblewrap/normalise-layer.ts";
import { openFuse, runSuite } from "../../packages/sandbox/test/run-suite.ts";
import { openTransactions } from "../../packages/txfs/test/open-transactions.ts";

const isOrdinaryUser = process.env["RETAKE_TEST_WAY"] === "fuse-overlayfs";

// This file runs itself once more, as an ordinary user to whom the device is open.
if (isOrdinaryUser) describeOnFuse();
else {
	describe("transactions of an ordinary user", needs("root"), () => {
		test("pass the suite with programs on fuse-overlayfs", { timeout: 600_000 }, async () => {
			const file = "test/e2e/transactions-on-fuse.test.ts";
			expect(await runSuite({ way: "fuse-overlayfs", prepare: openFuse, file })).toBeGreaterThan(10);
		});
	});
}

function describeOnFuse(): void {
	const target = mkdtempSync(join(tmpdir(), "retake-fuse-"));
	afterAll(() => rmSync(target, { recursive: true }));
	test("this process is an ordinary user's", () => expect(process.geteuid?.()).not.toBe(0));
	describeMountedTransactions("overlay transaction", onFuse(target), async (base): Promise<TransactionHarness> => {
		const opened = await openTransactions(base, "overlay", 250, true);
		return {
			blobs: opened.blobs,
			begin: () => withLayersAtRest(opened.begin()),
			[Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
		};
	});
}

// As the sandbox mounts it: writes go through, and it has ended before the layer is read.
const script = `cd "$1" || exit 1
fuse-overlayfs -f -o "writeback=0,$2" "$3" >/dev/null 2>&1 </dev/null &
target=$3
shift 3
until grep -q " $target " /proc/self/mountinfo; do kill -0 $! || exit 1; sleep 0.005; done
cd / && "$@" "$target"
status=$?
umount "$target" && wait && exit $status`;

function onFuse(target: string): CommandInside {
	return (mount, program) => {
		if (mount.kind !== "overlay") throw new TypeError("an overlay is mounted, and nothing else");
		const space = dirname(mount.upper);
		const spell = (path: string): string => relative(space, path);
		const options = `lowerdir=${mount.lowers.map(spell).join(":")},upperdir=${spell(mount.upper)},workdir=${spell(mount.work)}`;
		return ["unshare", "-U", "-r", "-m", "sh", "-c", script, "sh", space, options, target, ...program];
	};
}

/** Rewrites the marks in a step's layer before it is captured, as a sandbox does after every command. */
function withLayersAtRest(transaction: Transaction): Transaction {
	const step = <Value>(body: (layer: WritableLayer) => Promise<Value>): Promise<StepResult<Value>> =>
		transaction.step(async (layer) => {
			const value = await body(layer);
			if (layer.mount?.kind === "overlay") normaliseLayer(layer.mount.upper);
			return value;
		});
	const fork = (savepoint?: Savepoint): Transaction => withLayersAtRest(transaction.fork(savepoint));
	return new Proxy(transaction, {
		get: (inner, key) => {
			if (key === "step") return step;
			if (key === "fork") return fork;
			const value: unknown = Reflect.get(inner, key, inner);
			return typeof value === "function" ? value.bind(inner) : value;
		},
	});
}
