import { expect, test } from "vitest";
import { createOutputCollector } from "../src/output-collector.ts";

test("every stream keeps its first bytes, and counts the rest", () => {
	const seen: [string, number[]][] = [];
	const collector = createOutputCollector(4, (stream, bytes) => {
		seen.push([stream, [...bytes]]);
	});
	const reused = Buffer.from([1, 2, 3]);
	void collector.add("stdout", reused);
	reused.fill(9);
	void collector.add("stdout", Buffer.from([4, 5, 6]));
	void collector.add("stderr", Buffer.from([7]));
	void collector.add("stdout", Buffer.from([8]));
	const { stdout, stderr, droppedBytes } = collector.collected();
	expect([[...stdout], [...stderr]]).toEqual([[1, 2, 3, 4], [7]]);
	expect(droppedBytes).toEqual({ stdout: 3, stderr: 0 });
	expect(seen).toEqual([
		["stdout", [1, 2, 3]],
		["stdout", [4]],
		["stderr", [7]],
	]);
});
