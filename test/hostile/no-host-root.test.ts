import { hostProcesses, needs, untilProcesses } from "@retake/testkit";
import { expect, test } from "vitest";
import { openArena } from "./ground/arena.ts";

/** Forks, daemons and programs that ask for another user, each of them carrying the nonce among its arguments. */
const crowd = `
sh -c 'sleep 20; : $0' "$1" &
setsid sh -c 'while :; do sleep 1; : $0; done' "$1" </dev/null >/dev/null 2>&1 &
perl -e '$> = 0; $< = 0; setpgrp; sleep 20' "$1" &
su -c "sleep 20" root "$1" 2>/dev/null; sudo -n sleep 20 "$1" 2>/dev/null; setpriv --reuid 0 sleep 20 "$1" 2>/dev/null
sleep 20; : "$1"`;

// Where Retake itself is an ordinary user, so is whatever it starts; what matters is Retake as root.
test("as seen from outside, no process of a candidate ever is uid 0 with bubblewrap", needs("root"), async () => {
	await using arena = await openArena({
		driver: "bubblewrap",
		dockerSocket: null,
		limits: { timeoutMs: 3000 },
		files: { "README.md": "hello\n" },
		prepare: () => undefined,
		allow: null,
	});
	const running = arena.shell(crowd, arena.tripwires.nonce);
	let isOver = false;
	const ended = running.then((result) => {
		isOver = true;
		return result;
	});
	await untilProcesses(arena.tripwires.nonce, (found) => found.length >= 4);
	const uids = new Map<number, number>();
	let looks = 0;
	while (!isOver) {
		looks++;
		for (const each of hostProcesses(arena.tripwires.nonce)) {
			if (each.contained) uids.set(each.uid, (uids.get(each.uid) ?? 0) + 1);
		}
		await new Promise(setImmediate);
	}
	expect(await ended).toMatchObject({ timedOut: true });
	expect(looks).toBeGreaterThan(3);
	expect([...uids.keys()]).toEqual([61_184]);
	await arena.expectUnharmed();
});
