// Who is told of what happens, and where that may be sent.

import { inFile } from "../mutant.ts";

const sending = "test/integration/notifications/channel.test.ts";
const finding = "test/unit/triggers/announce.test.ts";
const telling = "test/unit/orchestrators/notify.test.ts";
const saying = "test/unit/notifications/messages.test.ts";

export const notifications = [
	...inFile(
		"src/lib/adapters/webhook/address.ts",
		["test/unit/adapters/address.test.ts"],
		[
			{
				name: "the platform's metadata is sent to where a range allows it",
				find: "if (never.check(at, family)) return false;",
				replace: "",
			},
			{
				name: "IPv6 is sent to whatever it is",
				find: 'return unicast6.check(at, "ipv6") && !special6.check(at, "ipv6");',
				replace: "return true;",
			},
		],
	),
	...inFile(
		"src/lib/adapters/webhook/post.ts",
		[sending],
		[
			{
				name: "an address that is written as such is not looked at",
				find: "if (isIP(host) !== 0 && !mayBeSentTo(host, privateAddresses))",
				replace: 'if (host === "")',
			},
			{
				name: "a name may lead anywhere",
				find: "const wrong = found.find(({ address }) => !mayBeSentTo(address, privateAddresses));",
				replace: 'const wrong = found.find(({ address }) => address === "");',
			},
			{
				name: "a connection is kept for the next message",
				find: "agent: false,",
				replace: "",
			},
			{
				name: "a receiver that changes the protocol is waited for, for ever",
				find: 'sent.on("close", () => (given ? resolve(given) : reject(failed)));',
				replace: 'sent.on("error", () => !given && reject(failed)).on("close", () => given && resolve(given));',
			},
		],
	),
	...inFile(
		"src/lib/notifications/channel.ts",
		[sending],
		[
			{
				name: "who may write the URL's secret decides where it goes",
				find: "if (given.hostname !== address.host)",
				replace: 'if (given.hostname === "")',
			},
			{
				name: "a channel that wants no more is tried on",
				find: "if (status === 410)",
				replace: "if (status === 411)",
			},
			{
				name: "a redirect counts as taken",
				find: "if (status >= 200 && status < 300) return;",
				replace: "if (status >= 200 && status < 400) return;",
			},
		],
	),
	...inFile(
		"src/lib/notifications/webhook/index.ts",
		[saying],
		[
			{
				name: "each try is signed with the time of the first",
				find: "Math.floor(sending.at.getTime() / 1000)",
				replace: "Math.floor(Date.parse(notification.time) / 1000)",
				tests: [{ file: saying, names: /the time of this try/ }],
			},
		],
	),
	...inFile(
		"src/lib/triggers/announce.ts",
		[finding],
		[
			{
				name: "how far the log was read is saved before anything is started",
				find: "	const longest = Math.max(",
				replace:
					"	await records.saveAnnounced({ ...before, ...(read.place && { place: read.place }) });\n	const longest = Math.max(",
			},
			{
				name: "a channel gets every secret's",
				find: "(secret === undefined || passes(secret)) &&",
				replace: "",
			},
		],
	),
	...inFile(
		"src/lib/adapters/durable/notifier.ts",
		[telling],
		[
			{
				name: "what was found twice is told twice",
				find: "if (await isThere(instanceId)) return;\n				await client",
				replace: "await client",
			},
		],
	),
];
