// Where a message may be sent to: an address of the internet, or one in a range that the configuration names.
// ADR1. What is not known to be public is refused: the list says what is allowed, not what is forbidden. Otherwise: the next
//       special range, or another spelling of an old one, leads into the network, to the platform's metadata, to the app itself.
//       Kept by: address.test.ts.
// ADR2. Link-local and the platform's own address are refused whatever the configuration says: nobody receives messages there, and
//       the platform gives out tokens. So is what a network translates into IPv4, which leads there too. Kept by: address.test.ts.

import { BlockList, isIP } from "node:net";

type Family = "ipv4" | "ipv6";
const familyOf = (address: string): Family => (isIP(address) === 4 ? "ipv4" : "ipv6");

function listOf(ranges: readonly string[]): BlockList {
	const list = new BlockList();
	for (const range of ranges) {
		const [address = "", prefix = ""] = range.split("/");
		list.addSubnet(address, Number(prefix), familyOf(address));
	}
	return list;
}

/** IPv4 that is not reached over the internet. @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const special4 = listOf([
	...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
	...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
	// Multicast, reserved, broadcast.
	...["224.0.0.0/4", "240.0.0.0/4"],
]);
/** All that the internet has of IPv6; mapped and translated IPv4, unique local, link-local and loopback are outside it. */
const unicast6 = listOf(["2000::/3"]);
/** In it: protocol assignments, documentation. @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const special6 = listOf(["2001::/23", "2001:db8::/32", "3fff::/20"]);
const never = listOf([
	// Link-local; and the address by which Azure speaks to each of its machines.
	...["169.254.0.0/16", "fe80::/10", "168.63.129.16/32"],
	// NAT64, 6to4, Teredo, translated; compatible with one of those above.
	...["64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0:0/96", "::a9fe:0/112", "::a83f:8110/128"],
]);

/** `::ffff:10.0.0.1` is 10.0.0.1. */
function plain(address: string): string {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
	return mapped ?? address;
}

/** @param ranges those that the configuration allows besides, each by `isRange` */
export function mayBeSentTo(address: string, ranges: readonly string[]): boolean {
	if (isIP(address) === 0) return false;
	const at = plain(address);
	const family = familyOf(at);
	if (never.check(at, family)) return false;
	if (listOf(ranges).check(at, family)) return true;
	if (family === "ipv4") return !special4.check(at, "ipv4");
	return unicast6.check(at, "ipv6") && !special6.check(at, "ipv6");
}

/** `10.1.2.0/28`: an address and the length of a prefix that is not 0. */
export function isRange(text: string): boolean {
	const [, address = "", prefix = ""] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
	const kind = isIP(address);
	return kind !== 0 && Number(prefix) >= 1 && Number(prefix) <= (kind === 4 ? 32 : 128);
}
