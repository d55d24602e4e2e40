// Two secrets of one workload that roll it once, and the process dies at some effect of either: each pod has both in the end, and
// no delivery waits for one that does not come.

import { expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

const day = 86_400_000;
const key = "flask-secret-key";

function open() {
	const world = rotationWorld({ value: "turns" });
	const [consumer] = world.config.secrets["db-password"].consumers;
	const entry = { vault: "main", strategy: "random-value", consumers: [consumer] };
	Object.assign(world.config.secrets, { [key]: entry });
	const created = new Date(world.now().getTime() - 100 * day);
	world.vault.seed(key, "first-key", { created, expires: new Date(created.getTime() + 129 * day) });
	world.hold("db-password", "db-connection-string", key);
	return world;
}
type World = ReturnType<typeof open>;

const run = (world: World, secret: string) => world.run(world.request({ secret })).then(({ result }) => result);
const both = (world: World) => Promise.all([run(world, "db-password"), run(world, key)]);

/** The secrets of which some pod does not have the live version. */
const behind = (world: World): string[] =>
	["db-password", key].filter((secret) => {
		const live = world.vault.versions(secret).at(-1)?.version;
		return world.deployment.pods.some(({ mounted }) => mounted.get(secret)?.version !== live);
	});

test("each effect from the publication on can be the last one before the process dies, and mostly one roll is enough", async () => {
	const healthy = open();
	await both(healthy);
	const { effects } = healthy;
	expect(effects.length).toBeGreaterThan(20);
	const rolled: number[] = [];
	const published = effects.findLastIndex((effect) => effect.startsWith("write "));
	for (const [index, effect] of effects.entries()) {
		if (index < published) continue;
		const at = index + 1;
		const isRoll = effect.startsWith("roll ");
		for (const when of ["before", "after"] as const) {
			const world = open();
			const before = world.deployment.generation;
			const begun = world.now().getTime();
			world.dieAt(at, when);
			const ended = await both(world);
			const minutes = (world.now().getTime() - begun) / 60_000;
			expect({
				effect,
				when,
				// Between an effect and its end the other one may have begun one more: then that end is no place to die at.
				died: world.died() || (when === "after" && !isRoll),
				outcomes: ended.map(({ outcome }) => outcome),
				behind: behind(world),
				hasWaited: minutes > 10,
				isWhole: (await world.chain()).bad === undefined,
			}).toEqual({
				...{ effect, when, died: true, outcomes: ["completed", "completed"] },
				...{ behind: [], hasWaited: false, isWhole: true },
			});
			rolled.push(world.deployment.generation - before);
		}
	}
	// One whose step is tried again is not waited for, and makes a roll of its own.
	expect(Math.max(...rolled)).toBeLessThanOrEqual(2);
	expect(rolled.filter((rolls) => rolls === 1).length).toBeGreaterThan(rolled.length / 2);
});
