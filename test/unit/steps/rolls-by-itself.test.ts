// A workload whose pod template refers to another Secret with each version: nothing is written to it, and its pods are told by
// that name.

import { expect, test } from "@jest/globals";
import type { Ports } from "../../../src/lib/app.ts";
import type { RollMark } from "../../../src/lib/domain/workload.ts";
import { activities } from "../../../src/lib/steps/index.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const run = { attempt: "a", tell: () => {} };

async function asked(refersTo: string | undefined) {
	const world = rotationWorld();
	const { result } = await world.run(world.request());
	const { rotationId, secret, requestedBy: actor, version = "" } = result;
	const { consumers } = (await world.ports.configuration()).config.secrets["db-password"]!;
	const patched: RollMark[] = [];
	const looked: RollMark[] = [];
	const rehearsed: (boolean | undefined)[] = [];
	const ports: Ports = {
		...world.ports,
		async workloads(cluster) {
			const workloads = await world.ports.workloads(cluster);
			return {
				...workloads,
				refusal: (ref, patches) => {
					rehearsed.push(patches);
					return workloads.refusal(ref);
				},
				roll: async (_, __, mark) => void patched.push(mark),
				rollOf: async () => undefined,
				async rollout(_, mark) {
					looked.push(mark);
					return { state: "done", pods: [] };
				},
			};
		},
		deliveryPath: async (path, cluster) => ({
			...(await world.ports.deliveryPath(path, cluster)),
			refersTo: async () => refersTo,
		}),
	};
	const input = {
		...{ rotationId, secret, actor, consumer: consumers[0]! },
		published: [{ secret: "db-password", version }],
		mark: { rotationId, round: 1, version, at: world.now().toISOString() },
	};
	const rolled = await activities.roll(ports, input, run);
	await activities.checkRollout(ports, input, run);
	await activities.verify(ports, { ...input, copyCurrentSince: input.mark.at }, run);
	await activities.planDelivery(ports, { ...world.request(), kind: "deliver" } as never, run);
	return { rolled, patched, looked, rehearsed };
}

test("nothing is written, nor rehearsed, and the rollout of that name is waited for", async () => {
	const { rolled, patched, looked, rehearsed } = await asked("titanic-api-secrets-2222222222");
	expect(rolled).toMatchObject({ code: "rolls-by-itself", copyNew: [] });
	expect(patched).toEqual([]);
	expect(looked.map(({ refersTo }) => refersTo)).toEqual(Array(2).fill("titanic-api-secrets-2222222222"));
	expect(rehearsed).toEqual([false]);
});

test("where the name stays the same, the app rolls the workload, and rehearses that", async () => {
	const { rolled, patched, looked, rehearsed } = await asked(undefined);
	expect(rolled).toMatchObject({ code: "rolled" });
	expect(patched).toHaveLength(1);
	expect(looked.map(({ refersTo }) => refersTo)).toEqual([undefined, undefined]);
	expect(rehearsed).toEqual([true]);
});
