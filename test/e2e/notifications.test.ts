// Who is told: a receiver gets what is signed, one that is dead is in nobody's way, and a channel can be tried.

import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../../local/until.ts";
import { identities } from "../../local/world.ts";
import { close, listen, selfSigned } from "../../packages/loopback/index.ts";
import { configure, rotated, stackFor, withoutConsumers } from "./support/scene.ts";

const stack = stackFor();

interface Got {
	readonly id: string;
	readonly isSigned: boolean;
	readonly data: { readonly kind: string; readonly outcome?: string; readonly rotationId?: string };
}
const got: Got[] = [];
const key = Buffer.alloc(32, 5);
let hits = 0;
let mute: ReturnType<typeof createServer>;
let receiver: ReturnType<typeof createServer>;

beforeAll(async () => {
	const tls = await selfSigned();
	// It takes the connection, and says nothing.
	mute = createServer(tls, () => void hits++);
	receiver = createServer(tls, async (request, response) => {
		const body = (await request.toArray()).join("");
		const { "webhook-id": id = "", "webhook-timestamp": at = "", "webhook-signature": signature } = request.headers;
		const wanted = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
		got.push({ id: String(id), isSigned: signature === `v1,${wanted}`, data: JSON.parse(body).data });
		response.writeHead(204).end();
	});
	await listen(mute);
	await listen(receiver);
	await writeFile(join(stack().folders.state, "receiver.pem"), tls.cert);
	const { owner } = stack().vault;
	owner.set("signing-key", `whsec_${key.toString("base64")}`);
	stack().vault.grant({
		...{ objectId: identities.rotator.objectId, secret: "signing-key" },
		actions: ["Microsoft.KeyVault/vaults/secrets/getSecret/action"],
	});
	await configure(stack(), (config) => {
		withoutConsumers(config);
		const at = (server: typeof mute) => ({
			...{ kind: "webhook", url: `https://localhost:${(server.address() as AddressInfo).port}/hook` },
			...{ signing: [{ vault: "main", secret: "signing-key" }], on: ["started", "completed", "failed"] },
			...{ ca: join(stack().folders.state, "receiver.pem"), privateAddresses: ["127.0.0.0/8", "::1/128"] },
		});
		config.notifications = {
			ops: at(receiver),
			dead: at(mute),
			private: { ...at(receiver), privateAddresses: [] },
		};
	});
}, 60_000);
afterAll(() => Promise.all([close(mute), close(receiver)]));

const look = async () => {
	const { host, keys } = stack();
	const headers = { "content-type": "application/json", "x-functions-key": keys.master };
	const asked = await fetch(`${host?.url}/admin/functions/notifications`, { method: "POST", headers, body: "{}" });
	expect(asked.status).toBe(202);
};
const tried = (channel: string, roles = ["Rotation.Operate"]) =>
	stack().api(`notifications/${channel}/tests`, { method: "POST", roles, body: {} });

test("a rotation is told of, signed, and a receiver that never answers delays neither it nor anybody else", async () => {
	await look();
	const ended = await rotated(stack(), { force: true, reason: "to be told of" });
	expect(ended).toMatchObject({ outcome: "completed" });
	await look();
	await until("both are told", 120, async () => (got.length >= 2 && hits > 0) || undefined);
	expect(got.map(({ data, isSigned }) => [data.kind, data.rotationId, isSigned]).sort()).toEqual([
		["completed", ended.rotationId, true],
		["started", ended.rotationId, true],
	]);
	// While the dead one is still waited for.
	const next = await rotated(stack(), { force: true, reason: "once more" });
	expect(next).toMatchObject({ outcome: "completed" });
	await look();
	await until("the next is told", 120, async () => got.find(({ data }) => data.rotationId === next.rotationId));
	expect(new Set(got.map(({ id }) => id)).size).toBe(got.length);
});

test("a channel can be tried by an operator, and says what keeps it", async () => {
	const answer = await tried("ops");
	expect([answer.status, await answer.json()]).toEqual([
		200,
		expect.objectContaining({ channel: "ops", kind: "webhook" }),
	]);
	const tests = () => got.filter(({ data }) => data.kind === "test");
	expect(tests()).toMatchObject([{ isSigned: true }]);
	const refused = await tried("private");
	expect(await refused.json()).toMatchObject({ code: "channel-private" });
	expect((await tried("nobody")).status).toBe(404);
	expect((await tried("ops", ["Rotation.Read"])).status).toBe(403);
	expect(tests()).toHaveLength(1);
});
