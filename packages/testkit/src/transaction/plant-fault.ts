import type { Savepoint, Transaction, WritableLayer } from "@retake/txfs";

/** What goes wrong in the layer of a step after its body and before it is captured. */
export type LayerFault = (layer: WritableLayer) => void;

/** Makes a transaction, and all forks of it, faulty: the negative control of whatever compares transactions with a directory. */
export function plantFault(transaction: Transaction, fault: LayerFault): Transaction {
	return new Proxy(transaction, {
		get(target, key) {
			if (key === "step") {
				return <Value>(body: (layer: WritableLayer) => Promise<Value>) =>
					target.step(async (layer) => {
						const value = await body(layer);
						fault(layer);
						return value;
					});
			}
			if (key === "fork") return (savepoint?: Savepoint) => plantFault(target.fork(savepoint), fault);
			const member: unknown = Reflect.get(target, key);
			// Node 24 takes no bound function for a way to dispose.
			return typeof member === "function"
				? (...given: unknown[]): unknown => Reflect.apply(member, target, given)
				: member;
		},
	});
}
