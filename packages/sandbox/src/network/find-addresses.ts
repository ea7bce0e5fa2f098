import { lookup } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createSpecialRange } from "./address-range.ts";
import type { AllowRule } from "./allow-rule.ts";
import { networkLimits } from "./network-limits.ts";
import { NetworkRefusal } from "./network-refusal.ts";

/** Finds the addresses of a listed name, outside the sandbox. */
export type FindAddresses = (rule: AllowRule) => Promise<readonly string[]>;

/**
 * Makes the finder of one command: each name is looked up once, so that a second answer cannot differ from the one that was checked.
 * It throws `NetworkRefusal` where the name has no address or one that is neither public nor listed.
 */
export function createAddressFinder(): FindAddresses {
	const special = createSpecialRange();
	const known = new Map<string, Promise<readonly string[]>>();
	const find = async ({ authority, within }: AllowRule): Promise<readonly string[]> => {
		const addresses = await lookUp(authority.host);
		const isMeant = (address: string): boolean => !special.contains(address) || within?.contains(address) === true;
		if (addresses.every(isMeant)) return addresses;
		throw new NetworkRefusal("refused", "private-address");
	};
	return (rule) => {
		if (rule.address !== null) return Promise.resolve([rule.address]);
		const { host, port } = rule.authority;
		const found = known.get(`${host}:${port}`) ?? find(rule);
		known.set(`${host}:${port}`, found);
		return found;
	};
}

async function lookUp(host: string): Promise<readonly string[]> {
	const timeout = new AbortController();
	const late = sleep(networkLimits.lookupMs, undefined, { signal: timeout.signal, ref: false }).then(() => []);
	try {
		const answers = await Promise.race([lookup(host, { all: true }), late]);
		if (answers.length === 0) throw new NetworkRefusal("failed", "not-resolved");
		return answers.map(({ address }) => address);
	} catch (cause) {
		throw cause instanceof NetworkRefusal ? cause : new NetworkRefusal("failed", "not-resolved", cause);
	} finally {
		timeout.abort();
		late.catch(() => undefined);
	}
}
