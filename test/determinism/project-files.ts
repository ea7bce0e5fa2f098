const manifest = { name: "shapes", version: "1.2.0", type: "module", private: true, scripts: { greet: "echo hello" } };

/** The small project that every command of the corpus works on, by path. */
export const projectFiles: Readonly<Record<string, string>> = {
	"package.json": `${JSON.stringify(manifest, null, 2)}\n`,
	"package-lock.json": `${JSON.stringify({ name: "shapes", version: "1.2.0", lockfileVersion: 3, requires: true, packages: { "": { name: "shapes", version: "1.2.0" } } }, null, 2)}\n`,
	"tsconfig.json": `${JSON.stringify({ compilerOptions: { target: "ES2022", module: "NodeNext", strict: true, outDir: "out", declaration: true, sourceMap: true, types: [] }, include: ["src"] }, null, 2)}\n`,
	"src/shapes.ts":
		"export interface Circle {\n\treadonly radius: number;\n}\n\nexport function area({ radius }: Circle): number {\n\treturn Math.PI * radius ** 2;\n}\n\nexport const circles = (count: number): Circle[] => Array.from({ length: count }, (_, index) => ({ radius: index }));\n",
	"src/index.ts":
		'import { area, circles } from "./shapes.js";\n\nexport const total = circles(10)\n\t.map(area)\n\t.reduce((sum, each) => sum + each, 0);\n',
	"src/broken.txt": 'import { area } from "./shapes.js";\nconst wrong: string = area({ radius: "1" });\n',
	"web/shapes.js": "export const area = (radius) => Math.PI * radius ** 2;\nexport const unused = 1;\n",
	"web/index.js": 'import { area } from "./shapes.js";\ndocument.body.textContent = `${area(2)}`;\n',
	"web/index.html": '<!doctype html>\n<title>Shapes</title>\n<script type="module" src="/index.js"></script>\n',
	"eslint.config.js": 'export default [{ rules: { "no-unused-vars": "error", "prefer-const": "warn" } }];\n',
	"lint/bad.js": "let a = 1;\nconst b = 2;\nexport const c = a;\n",
	"lint/ugly.js": "const   x = {a:1,\nb :2}\nexport {x }\n",
	"tests/node.test.js":
		'import assert from "node:assert";\nimport { test } from "node:test";\ntest("adds", () => assert.equal(1 + 1, 2));\ntest("waits", async () => new Promise((done) => setTimeout(done, 5)));\n',
	"tests/failing.test.js":
		'import assert from "node:assert";\nimport { test } from "node:test";\ntest("fails", () => assert.deepEqual({ a: 1 }, { a: 2 }));\n',
	"mocha/shapes.js":
		'import assert from "node:assert";\ndescribe("shapes", () => {\n\tit("adds", () => assert.equal(1 + 1, 2));\n\tit("waits", async () => new Promise((done) => setTimeout(done, 5)));\n});\n',
	"vitest/shapes.spec.ts":
		'import { expect, test } from "vitest";\ntest("adds", () => expect(1 + 1).toBe(2));\ntest("is in order", () => expect([1, 2]).toEqual([1, 2]));\n',
	"jest/shapes.test.cjs": 'test("adds", () => expect(1 + 1).toBe(2));\n',
	"python/shapes.py":
		"import math\n\n\ndef area(radius):\n    return math.pi * radius ** 2\n\n\nif __name__ == '__main__':\n    print({name: area(len(name)) for name in {'one', 'three', 'eleven'}})\n",
	"python/test_shapes.py":
		"import unittest\n\nfrom shapes import area\n\n\nclass Areas(unittest.TestCase):\n    def test_unit(self):\n        self.assertAlmostEqual(area(1), 3.14159, 4)\n\n\ndef test_zero():\n    assert area(0) == 0\n",
	"c/Makefile":
		"objects = main.o shapes.o\nprogram: $(objects)\n\t$(CC) -o $@ $(objects)\n%.o: %.c shapes.h\n\t$(CC) -g -O2 -c -o $@ $<\n",
	"c/shapes.h": "double area(double radius);\n",
	"c/shapes.c": '#include "shapes.h"\ndouble area(double radius) { return 3.14159 * radius * radius; }\n',
	"c/main.c":
		'#include <stdio.h>\n#include "shapes.h"\nint main(void) {\n\tprintf("%.2f built %s at %p\\n", area(2), __DATE__, (void *)&area);\n\treturn 0;\n}\n',
	"c/wrong.c": "int main(void) { return undeclared; }\n",
	"c/words.cpp":
		'#include <iostream>\n#include <unordered_map>\nint main() {\n\tstd::unordered_map<std::string, int> counts{{"a", 1}, {"b", 2}, {"c", 3}};\n\tfor (auto &[word, count] : counts) std::cout << word << count << "\\n";\n}\n',
	"data/people.csv": Array.from(
		{ length: 200 },
		(_, index) => `${index},name-${(index * 7919) % 1000},${(index * 31) % 97}\n`,
	).join(""),
	"data/people.json": `${JSON.stringify(Array.from({ length: 50 }, (_, index) => ({ id: index, score: (index * 31) % 97 })))}\n`,
	"data/change.diff":
		"--- a/python/shapes.py\n+++ b/python/shapes.py\n@@ -1,5 +1,5 @@\n import math\n \n \n-def area(radius):\n+def area(radius=1):\n     return math.pi * radius ** 2\n",
};
