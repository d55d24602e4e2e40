// Every effect of a rotation, and the process dies before it, and after it: the rotation must end well all the same. The
// effects are counted by a recording run, so a new one is covered by being there.

import { describe, expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

const logins = {
	self: { mode: "self" },
	"admin-secret": { mode: "admin-secret", secret: "admin-password", role: "rotator" },
};

async function effectsOf(login: object): Promise<string[]> {
	const world = rotationWorld({ login });
	await world.run(world.request());
	return world.effects;
}

describe.each(Object.entries(logins))("with login mode %s", (_, login) => {
	test("every effect can be the last one before the process dies, and the rotation completes", async () => {
		const effects = await effectsOf(login);
		expect(effects).toContain("setPassword titanic_admin");
		for (const [index, effect] of effects.entries()) {
			for (const when of ["before", "after"] as const) {
				const world = rotationWorld({ login });
				world.dieAt(index + 1, when);
				const { result } = await world.run(world.request());
				const chain = await world.chain();
				expect(world.died()).toBe(true);
				expect({ effect, when, ...seen(result, await world.agreement(), world.values().size, chain) }).toEqual({
					effect,
					when,
					outcome: "completed",
					agreement: { liveLogsIn: true, derivedAgrees: true, isNew: true },
					values: 2,
					whole: true,
				});
			}
		}
	});

	test("a rotation whose instance is lost at any effect is gone on with by the next trigger, with the same password", async () => {
		const effects = await effectsOf(login);
		for (const [index, effect] of effects.entries()) {
			for (const when of ["before", "after"] as const) {
				const world = rotationWorld({ login });
				world.loseInstanceAt(index + 1, when);
				await world.run(world.request()).catch(() => {});
				expect(world.died()).toBe(true);
				const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
				const over = result.outcome === "completed" || result.code === "not-due";
				expect({ effect, when, over, agreement: await world.agreement(), values: world.values().size }).toEqual({
					effect,
					when,
					over: true,
					agreement: { liveLogsIn: true, derivedAgrees: true, isNew: true },
					values: 2,
				});
			}
		}
	});
});

function seen(result: { outcome?: string }, agreement: object, values: number, chain: { bad?: unknown }): object {
	return { outcome: result.outcome, agreement, values, whole: chain.bad === undefined };
}
