// The right to write Events, which a delivery does without.

import { expect, test } from "@jest/globals";
import { askClusters } from "../../../src/lib/doctor/cluster.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const right = "create events in namespace titanic-api";

/** What is found of the cluster. */
async function found(events: boolean) {
	const world = rotationWorld();
	Object.assign(world.config.secrets["db-password"].consumers[0]!, { events });
	world.cluster.workloads.may = async ({ resource }) => resource !== "events";
	const target = await managed(world.ports, "db-password");
	return (await askClusters(world.ports, target, { objectId: "1c5a" })).flatMap(({ rights }) => [...rights]);
}

test("is asked for where the configuration asks for Events, with the command that gives it", async () => {
	expect((await found(true)).find((one) => one.right === right)).toMatchObject({
		result: "missing",
		optional: true,
		next: expect.stringContaining("--resource events"),
	});
	expect((await found(false)).map((one) => one.right)).not.toContain(right);
});

test("keeps nothing else from being looked at", async () => {
	const others = (await found(true)).filter((one) => one.right !== right);
	expect(others).toEqual(await found(false));
	expect(others.some(({ result }) => result === "unknown")).toBe(false);
});
