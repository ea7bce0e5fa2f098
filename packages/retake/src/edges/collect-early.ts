import { setFlagsFromString } from "node:v8";

/**
 * Has V8's old generation collected when it has grown by a fifth. For verbs that go along a log: by V8's own measure the garbage of a long run
 * grows to several times what is alive, most of all while other programs keep the threads waiting that collect it. For verbs that hold
 * runs in memory it would only be work: a diff of 100,000 calls took half as long again.
 */
export function collectEarly(): void {
	setFlagsFromString("--heap-growing-percent=20");
}
