// A run that is stopped between two effects, and goes on when others have been there: it must not publish an old password, or
// notice that it did. Stopped is: the process is frozen, its session is ended by the server, and its locks are free.

import { describe, expect, test } from "@jest/globals";
import { activities } from "../../../src/lib/activities/index.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const secret = "db-password";

/** One switch that stops where it is told to; two rotations pass meanwhile. */
async function frozenAt(stopBefore: "the lock is proved" | "the vault has it") {
	const world = rotationWorld();
	const { rotationId, actor } = world.request();
	const run = { attempt: "zombie", tell: () => {} };
	const ids = { rotationId, secret, actor, credentialId: rotationId, baseVersion: world.live().version };
	const created = await activities.createSecret(world.ports, ids, run);
	if ("refused" in created) throw new Error(created.refused.code);
	let passed = false;
	const others = async () => {
		if (passed) return;
		passed = true;
		world.database.endSessions();
		for (const _ of [1, 2]) {
			const { result } = await world.run(world.request({ force: true }));
			expect(result.outcome).toBe("completed");
		}
	};
	const { database } = world.database;
	const ports: typeof world.ports = {
		...world.ports,
		database: async () => ({
			...database,
			async accepts(credential) {
				const accepted = await database.accepts(credential);
				// Its login is the last thing it did before it was stopped.
				if (stopBefore === "the lock is proved" && accepted) await others();
				return accepted;
			},
		}),
		store: async () => ({
			...world.vault.store,
			async write(intent, name, content) {
				// The request is on its way, and takes effect when the others have ended.
				if (stopBefore === "the vault has it" && name === secret) await others();
				return world.vault.store.write(intent, name, content);
			},
		}),
	};
	const source = { secret: "pending", version: created.pendingVersion } as const;
	const woken = activities.switch(ports, { ...ids, source }, run);
	return { world, woken, zombie: created.pendingVersion, passed: () => passed };
}

describe("a run that was stopped for two rotations", () => {
	test("between its login and its write publishes nothing when it wakes: its session has lost the lock", async () => {
		const { world, woken, passed } = await frozenAt("the lock is proved");
		await expect(woken).rejects.toThrow(/server-unreachable|role-lock-lost/);
		expect(passed()).toBe(true);
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
	});

	test("while its write was on its way notices that the database has another password, and makes that one live again", async () => {
		const { world, woken, passed } = await frozenAt("the vault has it");
		expect(await woken).toMatchObject({ refused: { code: "live-overtaken" } });
		expect(passed()).toBe(true);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("leaves a secret that the next rotation takes as it is", async () => {
		const { world, woken } = await frozenAt("the vault has it");
		await woken;
		const { result } = await world.run(world.request({ force: true }));
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});
});
