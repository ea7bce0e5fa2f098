/** One command of the corpus. */
export interface CorpusCommand {
	readonly kind: string;
	/** Run by `/bin/sh -c` in a fresh copy of the project. */
	readonly script: string;
	/** Where it does not come out the same under a fixed clock: why not. */
	readonly miss?: string;
}

/** Why some come out otherwise even so, by how they begin. */
const misses: Readonly<Record<string, string>> = {
	"esbuild web": "esbuild is written in Go, which asks the kernel for the time past libc",
	"npm ci":
		"npm removes in parallel what is installed, here in a read-only image, and names the removal that failed first",
	"mkdir made": "tar keeps the times of files, and those are the kernel's",
	"sqlite3 :memory:": "SQLite reads /dev/urandom",
	"f=$(mktemp)": "glibc draws the name inside, where libfaketime cannot reach",
	"for i in 1 2 3 4": "the scheduler decides who is first",
};

const of = (kind: string, ...scripts: readonly string[]): readonly CorpusCommand[] =>
	scripts.map((script) => {
		const miss = Object.entries(misses).find(([start]) => script.startsWith(start))?.[1];
		return miss === undefined ? { kind, script } : { kind, script, miss };
	});

const commit = "git -c user.name=me -c user.email=me@localhost";

/** What a coding agent and a build run, as they are typed: nothing was taken out because it comes out otherwise each time. */
export const corpus: readonly CorpusCommand[] = [
	...of(
		"compiler",
		"cd c && make && ./program",
		"cd c && make -s -j2 && ./program && touch shapes.c && make",
		"cd c && gcc -O2 -g -c shapes.c && objdump -d shapes.o | tail -3; sha256sum shapes.o",
		"cd c && gcc -Wall wrong.c",
		"cd c && g++ -std=c++17 -O1 -o words words.cpp && ./words",
		"cd c && gcc -O1 -c *.c; ar rcs libmine.a shapes.o && ranlib libmine.a && gcc main.c -L. -lmine -o program",
		"cd c && gcc -g3 -save-temps -c shapes.c && wc -l shapes.i shapes.s",
		"cd c && gcc -E main.c | tail -3; gcc -MM *.c",
		"cd c && make -s && strip program && gcc --coverage -o covered main.c shapes.c && ./covered",
		"cd c && gcc -shared -fPIC -flto -o libshapes.so shapes.c && nm -D libshapes.so",
		"tsc -p . --incremental --tsBuildInfoFile out/info && tsc -p . --incremental --tsBuildInfoFile out/info --listFilesOnly | tail -2",
		"tsc -p . && ls out",
		"cp src/broken.txt src/broken.ts && tsc --noEmit -p .",
	),
	...of(
		"bundler",
		"esbuild web/index.js --bundle --minify --sourcemap --outfile=dist/web.js --log-level=info",
		"rollup web/index.js --file dist/web.js --format iife",
		"webpack --mode production --entry ./web/index.js -o dist",
		"vite build web --outDir ../dist --emptyOutDir",
		"terser web/shapes.js --module --compress --mangle",
	),
	...of(
		"test runner",
		"node --test tests/node.test.js",
		"node --test tests/",
		"mocha mocha/shapes.js",
		"vitest run --dir vitest --no-cache",
		"cd jest && jest --rootDir . --testMatch '**/*.test.cjs' --cacheDirectory /tmp/jest",
		"cd python && python3 -m unittest -v test_shapes",
		"cd python && python3 -m pytest -q -p no:cacheprovider",
	),
	...of("linter", "eslint lint/bad.js", "prettier --check lint; prettier --write lint && cat lint/ugly.js"),
	...of(
		"package manager",
		"npm ci --offline --no-audit && npm ls",
		"npm pack --offline",
		"npm run greet",
		"npm version patch --no-git-tag-version && cat package.json",
	),
	...of(
		"git",
		`git init -q /tmp/r && cp -r src /tmp/r && cd /tmp/r && git add . && ${commit} commit -m first && git log --format=%H`,
		`git init -q /tmp/r && cp -r python /tmp/r && cd /tmp/r && git add . && ${commit} commit -qm a && sed -i s/area/size/ python/shapes.py && git diff && git status --short`,
		`git init -q -b main /tmp/r && cp -r c /tmp/r && cd /tmp/r && git add . && ${commit} commit -qm a && git checkout -q -b b && echo x >> c/shapes.h && ${commit} commit -qam b && git checkout -q main && ${commit} merge --no-ff -m merged b && git log --graph --oneline`,
		`git init -q /tmp/r && cp -r web /tmp/r && cd /tmp/r && git add . && ${commit} commit -qm a && ${commit} tag -a v1 -m one && git describe && git archive --format=tar.gz -o /workspace/v1.tar.gz v1`,
		`git init -q /tmp/r && cp -r web /tmp/r && cd /tmp/r && git add . && ${commit} commit -qm a && echo more >> web/index.js && ${commit} stash -q && git stash list && ${commit} stash pop -q && git blame web/index.js`,
		"git diff --no-index src/index.ts src/shapes.ts; git hash-object src/*.ts",
		"git apply --stat --apply data/change.diff && cat python/shapes.py",
		`git init -q /tmp/r && cd /tmp/r && ${commit} commit -q --allow-empty -m a && git bundle create /workspace/all.bundle --all && git fsck`,
	),
	...of(
		"archiver",
		"tar czf source.tgz src web && tar tvzf source.tgz",
		"tar --sort=name --mtime=@0 --owner=0 --group=0 -cf - data | gzip -n > data.tar.gz && sha256sum data.tar.gz",
		"zip -qr data.zip data && unzip -l data.zip",
		"mkdir made && cp src/*.ts made && tar cf made.tar made",
		"xz -k data/people.csv && bzip2 -k data/people.csv && zstd -q data/people.csv && sha256sum data/people.csv.*",
		"zip -X -q d.zip data/people.csv && unzip -p d.zip | tail -1",
		"tar cf - web | tar xf - -C /tmp && diff -r web /tmp/web && echo alike",
		"find src -type f | sort | cpio -o -H newc --reproducible > source.cpio",
	),
	...of(
		"python",
		"python3 python/shapes.py",
		"python3 -c 'import csv, collections; print(collections.Counter(row[2] for row in csv.reader(open(\"data/people.csv\"))).most_common(3))'",
		"python3 -c 'import sys; sys.path.insert(0, \"python\"); import shapes; shapes.area(None)'",
		"python3 -m zipfile -c out.zip data/people.csv && python3 -m zipfile -l out.zip",
		'python3 -c \'import subprocess, concurrent.futures as f; print(list(f.ThreadPoolExecutor(4).map(lambda n: subprocess.check_output(["expr", str(n), "+", "1"]), range(8))))\'',
		"python3 -m compileall -q python && ls python/__pycache__",
		"python3 -m json.tool data/people.json | tail -3",
	),
	...of(
		"node",
		'node -e \'console.time("work"); JSON.parse(require("fs").readFileSync("data/people.json")); console.timeEnd("work")\'',
		"node -p 'os.hostname() + os.userInfo().username + process.cwd()'",
		"node --eval 'throw new Error(\"with a stack\")'",
	),
	...of(
		"shell and data",
		"cut -d, -f3 data/people.csv | sort -n | uniq -c | sort -rn | head -5",
		"awk -F, '{ sum[$3 % 7] += $1 } END { for (key in sum) print key, sum[key] }' data/people.csv",
		"sqlite3 people.db '.mode csv' '.import data/people.csv people' 'select count(*) from people'",
		"sqlite3 people.db 'create table t(a, b); insert into t values (1, 2)' '.dump' 'vacuum'",
		"sort -t, -k2,2 data/people.csv | cut -d, -f2 | uniq -d | wc -l; paste -sd+ data/people.csv | md5sum",
		"grep -rn area . --include=*.ts --include=*.py | sort; sed -n '1,3p' data/people.csv | tr a-z A-Z | rev",
		"patch -p1 < data/change.diff && split -l 50 data/people.csv part- && wc -l part-* && base64 part-aa | head -1",
		"make -C c -n; make -C c -pn | grep -c :",
		"jq -c 'group_by(.score)[0]' data/people.json",
		"find . -type f | head -20; ls -la src",
		"echo $$ $RANDOM; cat /proc/sys/kernel/hostname; id; umask; env | sort",
		"sha256sum c/*.c | sort; diff -u src/index.ts src/shapes.ts; echo 2^100 | bc",
	),
	...of(
		"probe",
		"python3 -c 'import uuid, random, tempfile; print(random.random(), uuid.uuid4(), tempfile.mkdtemp())'",
		"python3 -c 'import datetime; print(datetime.datetime.now())'",
		'python3 -c \'print(object(), {"a", "b", "c"}, hash("text"))\'',
		"node -e 'console.log(new Date().toISOString(), Math.random(), process.pid)'",
		"sqlite3 :memory: \"select datetime('now'), hex(randomblob(4))\"",
		"perl -e 'my %h = map { $_ => 1 } qw(a b c d e f); print join(\",\", keys %h)'",
		"date; date +%s.%N",
		"f=$(mktemp) && echo $f && stat -c %s $f",
		"for i in 1 2 3 4; do (echo job $i) & done; wait",
		"openssl rand -hex 8",
		"uuidgen",
		"perl -e 'print rand()'",
	),
];
