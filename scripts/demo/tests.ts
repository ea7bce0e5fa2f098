import { patchOf } from "./patch-of.ts";

/** What the package promises. */
const behaviour = `const assert = require("node:assert/strict");
const semver = require("../index.js");

assert.equal(semver.clean("  =v1.2.3  "), "1.2.3");
assert.equal(semver.satisfies("1.2.9", "1.2.3 - 1.3.0 || ^4"), true);
assert.equal(semver.satisfies("1.4.0", ">= 1.2.3   < 1.3.0"), false);
assert.equal(new semver.Range("  ~ 1.2.3 \\t ").range, ">=1.2.3 <1.3.0-0");
assert.equal(semver.maxSatisfying(["1.0.0", "1.9.9", "2.0.0"], "^1"), "1.9.9");
assert.equal(semver.coerce("release 3.14 of 2020").version, "3.14.0");
const many = Array.from({ length: 200 }, (_, major) => \`^\${major}.0.0\`).join(" || ");
assert.equal(semver.satisfies("150.1.2", many), true);
console.log("behaviour: ok");
`;

/** What the hole breaks. */
const redos = `const assert = require("node:assert/strict");
const semver = require("../index.js");

const gap = " ".repeat(45_000);
const inputs = {
  "a gap inside a range": \`1.2.3\${gap}<1.3.0\`,
  "a gap before a range": \`\${gap}>1.2.3\`,
  "a gap after an operator": \`>\${gap}1.2.3\`,
};
for (const [name, input] of Object.entries(inputs)) {
  const started = performance.now();
  try {
    new semver.Range(input);
  } catch {}
  const elapsed = performance.now() - started;
  assert.ok(elapsed < 400, \`\${name} took \${elapsed.toFixed(0)} ms\`);
}
console.log("redos: ok");
`;

/** Returns the patch that lays our tests over a candidate's result. */
export function testPatch(workspace: string): Promise<Uint8Array> {
	return patchOf(workspace, async (session) => {
		await session.call("write_file", { path: "test/behaviour.js", content: behaviour });
		await session.call("write_file", { path: "test/redos.js", content: redos });
	});
}
