// What the two generations of the CSI driver renew, and when: the difference that makes a rotation wait before it rolls.

import { describe, expect, test } from "@jest/globals";
import { at } from "../../../packages/kubernetes-api/index.ts";
import { eventually } from "./eventually.ts";
import { clusters, isReady, namespace, openWorld, type World } from "./world.ts";

const never = 3_600_000;
const oftenEnough = 500;

describe.each(clusters)("on the %s", (cluster) => {
	test("1.5: a new pod mounts the new version, but the Secret and the other pod keep the old one until a poll", async () => {
		await using world = await openWorld({ cluster, generation: "1.5", pollMs: never });
		await twoReady(world);
		const old = await mountedVersions(world);
		const version = await world.rotate("password-two");
		await replaceOnePod(world);
		expect(new Set(await mountedVersions(world))).toEqual(new Set([old[0], version]));
		expect((await world.syncedSecret())["db-password"]).toBe("password-one");
	});

	test("1.6: each pod is published again by itself, and its change of status writes the Secret", async () => {
		await using world = await openWorld({ cluster, generation: "1.6", pollMs: oftenEnough });
		await twoReady(world);
		const version = await world.rotate("password-two");
		await eventually(async () => expect(await mountedVersions(world)).toEqual([version, version]));
		await eventually(async () => expect((await world.syncedSecret())["db-password"]).toBe("password-two"));
	});

	test("1.6: a new pod writes the Secret, and an old pod's status writes its old value back", async () => {
		await using world = await openWorld({ cluster, generation: "1.6", pollMs: never });
		await twoReady(world);
		const [old] = await mountedVersions(world);
		await world.rotate("password-two");
		await replaceOnePod(world);
		await eventually(async () => expect((await world.syncedSecret())["db-password"]).toBe("password-two"));
		const stale = (await world.mounted()).find(({ status }) => status.objects.some(({ version }) => version === old));
		const path = at("secrets-store.csi.x-k8s.io/v1", "secretproviderclasspodstatuses", namespace, stale?.metadata.name);
		await world.api.merge(path, { metadata: { labels: { touched: "yes" } } });
		await eventually(async () => expect((await world.syncedSecret())["db-password"]).toBe("password-one"));
	});

	test("a pod stays in creation while the vault refuses its identity, and its events say why", async () => {
		await using world = await openWorld({ cluster, generation: "1.6", pollMs: oftenEnough });
		await twoReady(world);
		const restore = world.revoke();
		const [first] = await world.pods();
		await world.api.remove(at("v1", "pods", namespace, first?.metadata.name));
		await eventually(async () => {
			const events = await world.api.get<{ items: { reason: string; message: string }[] }>(
				at("v1", "events", namespace),
			);
			const failed = events.items.find(({ reason }) => reason === "FailedMount");
			expect(failed?.message).toContain("failed to get objectType:secret, objectName:");
		});
		const waiting = (await world.pods()).flatMap(({ status }) => status?.containerStatuses ?? []);
		expect(waiting.map(({ state }) => state?.waiting?.reason)).toContain("ContainerCreating");
		restore();
		await twoReady(world);
	});
});

const twoReady = (world: World) =>
	eventually(async () => expect((await world.pods()).filter(isReady)).toHaveLength(2), 40_000);

async function replaceOnePod(world: World): Promise<void> {
	const [first] = await world.pods();
	await world.api.remove(at("v1", "pods", namespace, first?.metadata.name));
	await eventually(async () => {
		const pods = await world.pods();
		expect(pods.filter(isReady)).toHaveLength(2);
		expect(pods.map(({ metadata }) => metadata.uid)).not.toContain(first?.metadata.uid);
	});
}

/** Of db-password, by pod that is still there. */
async function mountedVersions(world: World): Promise<(string | undefined)[]> {
	const pods = (await world.pods()).map(({ metadata }) => metadata.name);
	return (await world.mounted())
		.filter(({ status }) => pods.includes(status.podName))
		.map(({ status }) => status.objects.find(({ id }) => id === "secret/db-password")?.version);
}
