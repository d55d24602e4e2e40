// Sending over real TLS: which address is connected to, what an answer means, and that no one sees a URL or a key.

import { lookup } from "node:dns/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { close, listen, selfSigned } from "../../../packages/loopback/index.ts";
import { NotSentThere, post } from "../../../src/lib/adapters/webhook/post.ts";
import type { Fault } from "../../../src/lib/domain/fault.ts";
import { notificationOf } from "../../../src/lib/domain/notification.ts";
import { channelOf } from "../../../src/lib/notifications/channel.ts";
import { ChannelConfig } from "../../../src/lib/notifications/index.ts";
import { fakeVault } from "../../support/fake-vault.ts";

const at = new Date("2026-11-30T07:00:00Z");
const notification = notificationOf({ kind: "failed", about: ["r-1"], at: at.toISOString(), secret: "db-password" });
const key = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const here = ["127.0.0.1/32", "::1/128"];

let ca: string;
let port: number;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const got: { url?: string; headers: IncomingMessage["headers"]; body: string }[] = [];
let server: ReturnType<typeof createServer>;

beforeAll(async () => {
	const tls = await selfSigned();
	ca = tls.cert;
	server = createServer(tls, (request, response) => {
		let body = "";
		request.on("data", (part) => {
			body += part;
		});
		request.on("end", () => {
			got.push({ url: request.url, headers: request.headers, body });
			answer(request, response);
		});
	});
	await listen(server);
	({ port } = server.address() as AddressInfo);
});
afterAll(() => close(server));

const answering = (status: number, headers: Record<string, string> = {}) => {
	got.length = 0;
	answer = (_, response) => response.writeHead(status, headers).end("what the receiver says");
};

function channel(changes: object = {}, seeds: Record<string, string> = {}) {
	const vault = fakeVault({ now: () => at });
	for (const [name, value] of Object.entries({ "signing-key": key, ...seeds })) vault.seed(name, value, {});
	const given = {
		...{ kind: "webhook", url: `https://localhost:${port}/hook`, signing: [{ vault: "main", secret: "signing-key" }] },
		...{ privateAddresses: here, ...changes },
	};
	const config = ChannelConfig.parse(
		Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
	);
	const tokens: boolean[] = [];
	const opened = channelOf({
		...{ name: "ops", channel: config, ca, clock: { now: () => at } },
		perform: (_, act) => act(),
		store: async () => vault.store,
		token: async (_, { anew }) => {
			tokens.push(anew);
			return "a-token";
		},
	});
	return { vault, tokens, send: () => opened.send(notification) };
}
const faultOf = (sending: Promise<void>) =>
	sending.then(
		() => {
			throw new Error("It was sent.");
		},
		(error) => error as Fault,
	);
const inVault = {
	kind: "slack",
	address: { vault: "main", secret: "hook-url", host: "localhost" },
	url: undefined,
	signing: undefined,
};

describe("A channel", () => {
	test("sends what is signed, byte for byte", async () => {
		answering(204);
		await channel().send();
		expect(got).toHaveLength(1);
		expect(got[0]).toMatchObject({ url: "/hook", headers: { "webhook-id": notification.id } });
		expect(JSON.parse(got[0]!.body)).toEqual(notification);
	});

	test.each([301, 302, 307, 308])(
		"takes a redirect (%s) for the failure that it is, and goes nowhere else",
		async (status) => {
			answering(status, { Location: `https://localhost:${port}/elsewhere` });
			expect(await faultOf(channel().send())).toMatchObject({ code: "channel-refused", transient: true });
			expect(got.map(({ url }) => url)).toEqual(["/hook"]);
		},
	);

	test("tries again after 404, 429 and 503, as late as the receiver asks, and after 410 no more", async () => {
		for (const [status, header, afterSeconds] of [
			[404, undefined, undefined],
			[429, "120", 120],
			[503, "Mon, 30 Nov 2026 07:10:00 GMT", 600],
			[503, "-5", undefined],
		] as const) {
			answering(status, header === undefined ? {} : { "Retry-After": header });
			const { names } = (await faultOf(channel().send())) as Fault<"channel-refused">;
			expect([status, names.status, names.afterSeconds]).toEqual([status, status, afterSeconds]);
		}
		answering(410);
		expect(await faultOf(channel().send())).toMatchObject({ code: "channel-gone", transient: false });
	});

	test("says of a failure which channel and host, and nothing that the receiver said", async () => {
		answering(500);
		const { message, next } = await faultOf(channel().send());
		expect(message).toContain(`Channel ops at localhost:${port} answers HTTP 500`);
		expect(message + next).not.toContain("what the receiver says");
	});

	test("does not trust a certificate that its CA file does not have", async () => {
		answering(200);
		await expect(post({ ...posted(), ca: (await selfSigned()).cert })).rejects.toThrow();
		expect(got).toEqual([]);
	});
});

describe("A URL from the vault", () => {
	const url = (path: string, host = "localhost") => `https://${host}:${port}/${path}`;

	test("is used whole, and read anew for each message", async () => {
		answering(200);
		const { vault, send } = channel(inVault, { "hook-url": url("services/T0/B0/first?sig=abc") });
		await send();
		vault.seed("hook-url", url("services/T0/B0/second"), {});
		await send();
		expect(got.map((one) => one.url)).toEqual(["/services/T0/B0/first?sig=abc", "/services/T0/B0/second"]);
	});

	test.each([
		["of another host", "https://evil.example/services/T0/B0/x"],
		["of a host that only begins alike", "https://localhost.evil.example/x"],
		["with a user", "https://localhost:x@localhost/x"],
		["without TLS", "http://localhost/services/T0/B0/x"],
		["that is none", "secret-value-without-a-scheme"],
		["with the host as its user", "https://localhost@evil.example/x"],
	])("%s is refused, and nothing of it is told", async (_, value) => {
		answering(200);
		const { message, next, code } = await faultOf(channel(inVault, { "hook-url": value }).send());
		expect(code).toBe("channel-url-not-valid");
		expect(message).toContain("secret hook-url of vault main");
		for (const part of ["evil", "T0", "secret-value"]) expect(message + next).not.toContain(part);
		expect(got).toEqual([]);
	});

	test("that cannot be reached is told by its host only", async () => {
		const { message } = await faultOf(channel(inVault, { "hook-url": "https://localhost:1/services/T0/B0/x" }).send());
		expect(message).toContain("cannot be reached at localhost:1 (ECONNREFUSED)");
		expect(message).not.toContain("services");
	});

	test("that is missing, or disabled, is told by its name", async () => {
		expect(await faultOf(channel(inVault).send())).toMatchObject({ code: "secret-missing" });
	});
});

test("a key that is none is told by its name, and nothing is sent", async () => {
	answering(200);
	const { message } = await faultOf(channel({}, { "signing-key": "hunter2-hunter2" }).send());
	expect(message).toContain("secret signing-key of vault main");
	expect(message).not.toContain("hunter2");
	expect(got).toEqual([]);
});

test("a token that was refused is replaced at the next try", async () => {
	const grid = { kind: "event-grid", signing: undefined };
	answering(401);
	const { tokens, send } = channel(grid);
	await faultOf(send());
	answering(200);
	await send();
	await send();
	expect(tokens).toEqual([false, true, false]);
});

const posted = () => ({ url: `https://localhost:${port}/hook`, headers: {}, body: "{}", ca, privateAddresses: here });

describe("What is connected to", () => {
	test("is nothing private that the configuration does not name, by its name or by its number", async () => {
		answering(200);
		const urls = [`https://localhost:${port}/`, `https://127.0.0.1:${port}/`, `https://[::1]:${port}/`];
		// What the URL standard makes of them is 127.0.0.1.
		urls.push(`https://2130706433:${port}/`, `https://0x7f.1:${port}/`, `https://[::ffff:127.0.0.1]:${port}/`);
		for (const url of urls)
			await expect(post({ ...posted(), url, privateAddresses: ["10.0.0.0/8"] })).rejects.toThrow(NotSentThere);
		expect(got).toEqual([]);
	});

	test("is told with the channel, the host and the address", async () => {
		expect(await faultOf(channel({ privateAddresses: [] }).send())).toMatchObject({
			code: "channel-private",
			names: { host: `localhost:${port}`, address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) },
		});
	});

	test("is nothing at all where one of several addresses is private", async () => {
		answering(200);
		// Anyone who has both here: the allowance leaves one of them out.
		const both = await lookup("localhost", { all: true });
		if (both.length < 2) return expect(both).toHaveLength(1);
		await expect(post({ ...posted(), privateAddresses: [here[0]!] })).rejects.toThrow(NotSentThere);
	});

	test("is the address that was looked at: the name is asked once, and its connection is its own", async () => {
		answering(200);
		const before = server.listenerCount("secureConnection");
		await Promise.all([post(posted()), post(posted())]);
		const open = await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
		expect([got.length, before >= 0, open]).toEqual([2, true, 0]);
	});
});

describe("A receiver", () => {
	test("that never answers is given up", async () => {
		answer = () => {};
		await expect(post({ ...posted(), timeoutMs: 200 })).rejects.toMatchObject({ name: "AbortError" });
	});

	test("that changes the protocol is one that gives no answer", async () => {
		answer = (_, response) => {
			response.socket!.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
		};
		await expect(post({ ...posted(), timeoutMs: 5_000 })).rejects.toThrow("closed without an answer");
	});

	test("that never ends its answer counts by its status, within the time", async () => {
		answer = (_, response) => {
			response.writeHead(202);
			const more = setInterval(() => response.write("x".repeat(1_000)), 5);
			response.on("close", () => clearInterval(more));
		};
		expect(await post({ ...posted(), timeoutMs: 5_000 })).toEqual({ status: 202 });
	});

	test("that answers slowly, a byte at a time, is left at the end of the time", async () => {
		answer = (_, response) => {
			response.writeHead(200);
			const more = setInterval(() => response.write("x"), 20);
			response.on("close", () => clearInterval(more));
		};
		const began = Date.now();
		await post({ ...posted(), timeoutMs: 400 });
		expect(Date.now() - began).toBeLessThan(3_000);
	});
});
