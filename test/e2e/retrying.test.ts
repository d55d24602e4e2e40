// A rotation that waits for something to come back says what for, and goes on at once when it is asked for again.

import { BlobServiceClient } from "@azure/storage-blob";
import { beforeAll, expect, test } from "@jest/globals";
import { follow } from "../../local/rotation-watch.ts";
import { until } from "../../local/until.ts";
import { identities } from "../../local/world.ts";
import {
	auditOf,
	configure,
	idle,
	loginWithLive,
	requested,
	rotated,
	stackFor,
	withoutConsumers,
} from "./support/scene.ts";

const stack = stackFor();
let consumers: unknown[] = [];
beforeAll(() =>
	configure(stack(), ({ secrets }) => {
		consumers = secrets["db-password"].consumers;
	}),
);

interface Running {
	readonly retrying?: { code: string; message: string; next: string; attempt: number; nextTryAt: string };
}

test("a server that is down is told while it is waited for, and an order of the same has it tried at once", async () => {
	await configure(stack(), withoutConsumers);
	const back = await configure(stack(), ({ servers }) => {
		servers["titanic-db"].port = 1;
	});
	const rotationId = await requested(stack());
	const show = async () => {
		const answer = await stack().api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
		return ((await answer.json()) as Running).retrying;
	};
	// The pauses are 2, 4 and 8 seconds: after the third there is time to put it right.
	const retrying = await until("the third pause", 180, async () => {
		const found = await show();
		return found && found.attempt >= 3 ? found : undefined;
	});
	expect(retrying).toMatchObject({
		code: "server-unreachable",
		message: expect.stringContaining("titanic-db"),
		next: expect.stringMatching(/\.$/),
	});
	const listed = (await (await stack().api("secrets", { roles: ["Rotation.Read"] })).json()) as {
		secrets: { running?: Running }[];
	};
	expect(listed.secrets[0]?.running?.retrying).toMatchObject({ code: "server-unreachable" });

	await back();
	await configure(stack(), withoutConsumers);
	expect(await requested(stack())).toBe(rotationId);
	const ended = await follow(stack(), rotationId, { seconds: 180 });
	expect(ended.outcome).not.toBe("refused");
	expect(ended).not.toHaveProperty("retrying");
	expect(ended.steps[0]).toMatchObject({ name: "plan", lastCode: "server-unreachable" });
	const plans = (await auditOf(stack(), rotationId)).filter(({ step, phase }) => step === "plan" && phase === "intent");
	expect(plans.at(-1)?.time).toBeLessThan(Date.parse(retrying.nextTryAt));
	expect(await loginWithLive(stack())).toBe("in");
}, 120_000);

test("a rotation that waits for a server is cancelled at once, and once it has published no more", async () => {
	await configure(stack(), withoutConsumers);
	const back = await configure(stack(), ({ servers }) => {
		servers["titanic-db"].port = 1;
	});
	const before = stack().vault.owner.get("db-password")?.value;
	const order = { force: true, reason: "the wrong one" };
	const rotationId = await requested(stack(), order);
	const waiting = async () => {
		const answer = await stack().api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
		return ((await answer.json()) as Running).retrying;
	};
	await until("a pause", 60, waiting);
	const cancel = async (id: string) => {
		const answer = await stack().api(`rotations/${id}/cancellations`, {
			method: "POST",
			body: { reason: "a mistake" },
		});
		return { status: answer.status, body: (await answer.json()) as { outcome?: string; code?: string } };
	};
	expect(await cancel(rotationId)).toMatchObject({ status: 200, body: { outcome: "cancelled", code: "cancelled" } });
	expect(await cancel(rotationId)).toMatchObject({ status: 200 });
	await back();
	await configure(stack(), withoutConsumers);
	expect(stack().vault.owner.get("db-password")?.value).toBe(before);
	expect(await loginWithLive(stack())).toBe("in");
	const codes = (await auditOf(stack(), rotationId)).map(({ code }) => code);
	expect(codes).toEqual(expect.arrayContaining(["rotate-requested", "cancel-requested", "cancelled"]));

	const next = await rotated(stack(), order);
	expect(next).toMatchObject({ outcome: "completed" });
	expect(await cancel(next.rotationId)).toMatchObject({ status: 409, body: { code: "not-cancellable" } });
}, 180_000);

test("a rotation whose namespace has no place left changes nothing, says so, and goes on once the other one is over", async () => {
	const back = await configure(stack(), ({ clusters, secrets }) => {
		secrets["db-password"].consumers = consumers;
		for (const cluster of Object.values<Record<string, unknown>>(clusters)) cluster.deliveriesAtOnce = 1;
	});
	const { azurite, identity, vault } = stack();
	const credential = identity.managedIdentity(identities.rotator).credential();
	const [{ cluster, namespace }] = consumers as [{ cluster: string; namespace: string }];
	const blob = new BlobServiceClient(azurite.url, credential)
		.getContainerClient("rotations")
		.getBlockBlobClient(`places/${cluster}/${namespace}.json`);
	const put = (places: object[]) => {
		const text = JSON.stringify({ places });
		return blob.upload(text, text.length);
	};
	await put([{ rotationId: "another", since: new Date().toISOString() }]);
	const before = vault.owner.get("db-password")?.value;
	const rotationId = await requested(stack(), { force: true });
	const retrying = await until("a pause", 60, async () => {
		const answer = await stack().api(`rotations/${rotationId}`, { roles: ["Rotation.Read"] });
		return ((await answer.json()) as Running).retrying;
	});
	expect(retrying).toMatchObject({ code: "namespace-queued", message: expect.stringContaining(namespace) });
	expect([vault.owner.get("db-password")?.value, await loginWithLive(stack())]).toEqual([before, "in"]);
	await put([]);
	expect(await follow(stack(), rotationId, { seconds: 180 })).toMatchObject({ outcome: "completed" });
	await idle(stack());
	expect(JSON.parse((await blob.downloadToBuffer()).toString())).toEqual({ places: [] });
	await back();
}, 240_000);
