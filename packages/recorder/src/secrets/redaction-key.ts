import { type Randomness, RetakeError } from "@retake/base";
import { decodeCanonical, encodeCanonical } from "@retake/changeset";
import type { Store } from "@retake/store";

const settingName = "redaction-key";

/** Returns the store's own HMAC key, or null where none was ever needed. */
export function readRedactionKey(store: Store): Uint8Array | null {
	const setting = store.facts.get("setting", settingName);
	if (setting === null) return null;
	const key = decodeCanonical(setting);
	if (key instanceof Uint8Array) return key;
	throw new RetakeError("STORE_DAMAGED", "the store's redaction key cannot be read", { data: { settingName } });
}

/** Returns the store's own HMAC key, made on first use. Two processes that need it at once get the same. */
export function ensureRedactionKey(store: Store, randomness: Randomness): Uint8Array {
	return store.atomically(() => {
		const existing = readRedactionKey(store);
		if (existing !== null) return existing;
		const key = new Uint8Array(randomness.bytes(32));
		store.facts.set("setting", settingName, encodeCanonical(key));
		return key;
	});
}
