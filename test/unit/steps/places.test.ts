// Places in namespaces, taken by whole rotations: the records are in memory.

import { expect, test } from "@jest/globals";
import type { Place } from "../../../src/lib/domain/place.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { leavePlaces, takePlaces } from "../../../src/lib/steps/places.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

function limited(most = 1): World {
	const world = rotationWorld();
	for (const cluster of Object.values(world.config.clusters)) Object.assign(cluster, { deliveriesAtOnce: most });
	return world;
}

const here = ({ config }: World) => {
	const { cluster, namespace } = config.secrets["db-password"].consumers[0]!;
	return { cluster, namespace };
};

async function placesIn(world: World, of = here(world)): Promise<string[]> {
	let found: readonly Place[] = [];
	await world.records.changePlaces(of, (held) => {
		found = held;
		return held;
	});
	return found.map(({ rotationId }) => rotationId);
}

const another = (world: World, rotationId = "another") =>
	world.records.changePlaces(here(world), (held) => [
		...held,
		{ rotationId, since: world.ports.clock.now().toISOString() },
	]);

test("a rotation waits for a place before it changes anything, says for what, and goes on when there is one", async () => {
	const world = limited();
	await another(world);
	let changesMeanwhile: number | undefined;
	world.atTime(100, () => {
		changesMeanwhile = world.database.changes(world.role);
		void world.records.changePlaces(here(world), () => []);
	});
	const { result, statuses } = await world.run(world.request());
	expect(changesMeanwhile).toBe(0);
	expect(JSON.stringify(statuses)).toContain('"retrying":{"code":"namespace-queued"');
	expect(result.outcome).toBe("completed");
	expect(await world.agreement()).toMatchObject({ liveLogsIn: true, isNew: true });
});

test("it has its place until its end, and gives it back", async () => {
	const world = limited();
	const seen: string[][] = [];
	const { workloads } = world.ports;
	world.ports.workloads = async (cluster) => {
		seen.push(await placesIn(world));
		return workloads(cluster);
	};
	const request = world.request();
	await world.run(request);
	expect(seen.at(-1)).toEqual([request.rotationId]);
	expect(await placesIn(world)).toEqual([]);
});

test("the place of a rotation whose end is recorded is free, although it was not given back", async () => {
	const world = limited();
	const { result } = await world.run(world.request());
	await another(world, result.rotationId);
	expect((await world.run(world.request({ force: true }))).result.outcome).toBe("completed");
});

test.each([
	["as its mark says", true],
	["as a login says where no mark does", false],
])("where nobody who reads the vault gets in, %s, the switch waits for no place", async (_, isMarked) => {
	const twin = limited();
	await twin.run(twin.request());
	const world = limited();
	world.dieAt(twin.effects.indexOf(`setPassword ${twin.role}`) + 1, "after");
	if (!isMarked) Object.assign(world.records, { lastSwitch: async () => undefined });
	const request = world.request();
	// Somebody else has taken its place, as after an hour.
	world.onRestart(async () => {
		await leavePlaces(world.ports, request);
		await another(world);
	});
	const { result, statuses } = await world.run(request);
	expect(JSON.stringify(statuses)).not.toContain("namespace-queued");
	expect(result.outcome).toBe("completed");
});

test("what is refused one place gives the others back", async () => {
	const world = limited();
	const secret = world.config.secrets["db-password"];
	const first = { ...secret.consumers[0]!, namespace: "a-first" };
	secret.consumers.push(first);
	await another(world);
	const target = await managed(world.ports, "db-password");
	const taking = takePlaces(world.ports, target, "mine", true);
	await expect(taking).rejects.toMatchObject({ code: "namespace-queued", transient: true });
	expect(await placesIn(world, { cluster: first.cluster, namespace: first.namespace })).toEqual([]);
});

test("without a limit nothing is written, and what cannot be given back is no fault", async () => {
	const free = rotationWorld();
	const { result } = await free.run(free.request());
	expect(result.outcome).toBe("completed");
	expect(free.effects).not.toContain("records places");
	const world = limited();
	world.records.changePlaces = () => Promise.reject(new Error("down"));
	await expect(
		leavePlaces(world.ports, { secret: "db-password", rotationId: "mine" } as never),
	).resolves.toBeUndefined();
});
