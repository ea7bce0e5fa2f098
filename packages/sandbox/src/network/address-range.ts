import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Ranges that are not the public internet's. Source: IANA IPv4 and IPv6 Special-Purpose Address Registries. */
const specialRanges = [
	...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
	...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
	...["224.0.0.0/4", "240.0.0.0/4"],
	// Unspecified, loopback and every form that carries an IPv4 address; discard, protocols, documentation, local, multicast.
	...["::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
	...["5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
];

/** A set of addresses. */
export interface AddressRange {
	contains(address: string): boolean;
}

/** Reads an address or a network such as `10.0.0.0/8`; null where it is neither. */
export function parseRange(text: string): AddressRange | null {
	const [address = "", prefix, ...rest] = text.split("/");
	const family = familyOf(address);
	const bits = family === "ipv4" ? 32 : 128;
	const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
	if (family === null || rest.length > 0 || !(length <= bits)) return null;
	const list = new BlockList();
	list.addSubnet(address, length, family);
	// The list by itself would find every IPv4 address within ::/8.
	return { contains: (each) => familyOf(each) === family && list.check(each, family) };
}

/** Makes the test for addresses that nobody reaches unless they are named: loopback, link-local, private, reserved. */
export function createSpecialRange(): AddressRange {
	const ranges = specialRanges.flatMap((text) => parseRange(text) ?? []);
	return { contains: (address) => ranges.some((range) => range.contains(address)) };
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
	if (isIPv4(address)) return "ipv4";
	return isIPv6(address) ? "ipv6" : null;
}
