// A run that is stopped between two effects, and goes on when others have been there: it must not publish an old password, or
// notice that it did. Stopped is: the process is frozen, its session is ended by the server, and its locks are free.

import { describe, expect, test } from "@jest/globals";
import { activities } from "../../../src/lib/steps/index.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const secret = "db-password";
const written = "written-by-hand";
const ofAnother = "of-another-one";

/** One switch that stops where it is told to; two rotations pass meanwhile. */
async function frozenAt(
	stopBefore: "the lock is proved" | "the vault has it" | "the derived secret is written",
	{ byHand = false, another }: { byHand?: boolean; another?: "is quick" | "ignores the lock" } = {},
) {
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
		if (another) {
			if (another === "is quick") world.database.endSessions();
			else world.pass(2_000);
			world.database.alterRole(world.role, { password: ofAnother });
			world.vault.seed(secret, ofAnother, { tags: {} });
			return;
		}
		world.database.endSessions();
		for (const _ of [1, 2]) {
			const { result } = await world.run(world.request({ force: true }));
			expect(result.outcome).toBe("completed");
		}
		if (byHand) world.vault.seed(secret, written, { tags: {} });
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
				if (stopBefore === "the derived secret is written" && name !== secret) await others();
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

	test.each([
		{ title: "where it has lost the lock, however little time has passed", another: "is quick" },
		{ title: "where it has the lock, and another one had the time to ignore it", another: "ignores the lock" },
	] as const)("while its write was on its way asks the database $title", async ({ another }) => {
		const { world, woken } = await frozenAt("the vault has it", { another });
		expect(await woken).toMatchObject({ refused: { code: "live-overtaken" } });
		expect(world.live().value).toBe(ofAnother);
		expect((await world.agreement()).liveLogsIn).toBe(true);
	});

	test("between its last proof and its derived secret has the derived secrets follow what is live", async () => {
		const { world, woken, passed } = await frozenAt("the derived secret is written");
		expect(await woken).toMatchObject({ refused: { code: "live-overtaken" } });
		expect(passed()).toBe(true);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});

	test("makes live again what the database has, not what a person wrote over it last", async () => {
		const { world, woken } = await frozenAt("the vault has it", { byHand: true });
		expect(await woken).toMatchObject({ refused: { code: "live-overtaken" } });
		expect(world.live().value).not.toBe(written);
		expect(world.live().tags).not.toHaveProperty("rotation-id");
		expect((await world.agreement()).liveLogsIn).toBe(true);
	});

	test("leaves a secret that the next rotation takes as it is", async () => {
		const { world, woken } = await frozenAt("the vault has it");
		await woken;
		const { result } = await world.run(world.request({ force: true }));
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});
});
