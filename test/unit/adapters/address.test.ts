// Where a message may be sent to.

import { describe, expect, test } from "@jest/globals";
import { isRange, mayBeSentTo } from "../../../src/lib/adapters/webhook/address.ts";

describe("Without an allowance", () => {
	test.each([
		"8.8.8.8",
		"52.239.0.1",
		"172.15.0.1",
		"172.32.0.1",
		"100.63.0.1",
		"100.128.0.1",
		"2a00:1450:4001::1",
		"2603:1030::1",
	])("%s, which is public, is sent to", (address) => expect(mayBeSentTo(address, [])).toBe(true));

	test.each([
		...[
			"0.0.0.0",
			"10.0.0.1",
			"10.255.255.255",
			"100.64.0.1",
			"100.127.255.255",
			"127.0.0.1",
			"127.8.8.8",
			"169.254.169.254",
		],
		...[
			"172.16.0.1",
			"172.31.255.255",
			"192.0.0.8",
			"192.0.2.1",
			"192.168.1.1",
			"198.18.0.1",
			"198.51.100.7",
			"203.0.113.7",
		],
		...["224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1"],
		...[
			"::",
			"::1",
			"fe80::1",
			"fe80::1%eth0",
			"fc00::1",
			"fd12:3456::1",
			"ff02::1",
			"fec0::1",
			"2001:db8::1",
			"3fff::1",
		],
		// IPv4 in another dress: mapped, compatible, translated, 6to4, Teredo.
		...[
			"::ffff:127.0.0.1",
			"::ffff:10.0.0.1",
			"::ffff:a00:1",
			"::FFFF:169.254.169.254",
			"::ffff:a9fe:a9fe",
			"::10.0.0.1",
		],
		...["64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::1", "2001:0:a00:1::1", "0:0:0:0:0:ffff:7f00:1"],
		// No address at all.
		...["", "localhost", "10.1", "0x7f000001", "2130706433", "127.1", "010.0.0.1"],
	])("%s is not sent to", (address) => expect(mayBeSentTo(address, [])).toBe(false));
});

describe("With an allowance", () => {
	test.each([
		["10.1.2.3", "10.1.2.0/28"],
		["::ffff:10.1.2.3", "10.1.2.0/28"],
		["127.0.0.1", "127.0.0.1/32"],
		["fd12::1", "fd12::/64"],
	])("%s is sent to where %s is allowed", (address, range) => expect(mayBeSentTo(address, [range])).toBe(true));

	test.each([
		["10.1.2.16", "10.1.2.0/28"],
		["192.168.0.1", "10.0.0.0/8"],
		["fd13::1", "fd12::/64"],
	])("%s is not sent to where only %s is", (address, range) => expect(mayBeSentTo(address, [range])).toBe(false));

	test.each([
		["169.254.169.254", "169.254.0.0/16"],
		["169.254.169.254", "128.0.0.0/1"],
		["::ffff:169.254.169.254", "169.254.169.254/32"],
		["::ffff:a9fe:a9fe", "169.254.169.254/32"],
		["fe80::1", "fe80::/10"],
		["64:ff9b::a9fe:a9fe", "64:ff9b::/96"],
		["64:ff9b:1::a9fe:a9fe", "64:ff9b:1::/48"],
		["2002:a9fe:a9fe::1", "2002::/16"],
		["::a9fe:a9fe", "::/1"],
		["::ffff:0:169.254.169.254", "::/1"],
		["168.63.129.16", "168.63.128.0/20"],
		["::ffff:168.63.129.16", "168.63.129.16/32"],
		["64:ff9b::a83f:8110", "64:ff9b::/96"],
	])("%s is never sent to, not even where %s is allowed", (address, range) =>
		expect(mayBeSentTo(address, [range])).toBe(false),
	);
});

test.each([
	["10.1.2.0/28", true],
	["fd00::/8", true],
	["127.0.0.1/32", true],
	["0.0.0.0/0", false],
	["::/0", false],
	["10.1.2.0", false],
	["10.1.2.0/33", false],
	["10.1.2/24", false],
	["example.org/24", false],
	["10.0.0.0/8 ", false],
])("%s as a range: %s", (range, isOne) => expect(isRange(range)).toBe(isOne));
