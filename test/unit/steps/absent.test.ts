import { describe, expect, test } from "@jest/globals";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const derived = "db-connection-string";
const bringsBack = expect.stringContaining("rotator reconcile NAME brings it back");
const deleted = (secret: string) => ({
	code: "secret-deleted",
	problem: { message: `Secret ${secret} in vault main is deleted but recoverable.`, next: bringsBack },
});

/** A rotation during which this is done once its pods are being rolled. */
async function whileRolling(act: (world: World) => void) {
	const world = rotationWorld();
	world.onEffect((effect) => {
		if (effect.startsWith("roll ")) act(world);
	});
	return { world, ...(await world.run(world.request())) };
}

describe("a live secret that is deleted", () => {
	test.each(["rotate", "deliver"] as const)("is told as that to whoever asks to %s", async (kind) => {
		const world = rotationWorld();
		await world.run(world.request());
		world.vault.remove("db-password");
		const { result } = await world.run(world.request({ kind, force: true }));
		expect(result).toMatchObject({ outcome: "refused", ...deleted("db-password") });
	});

	test("before its first rotation is told as that too", async () => {
		const world = rotationWorld();
		world.vault.remove("db-password");
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", ...deleted("db-password") });
	});

	test("during its delivery ends it as that, and a reconciliation brings it back", async () => {
		const { world, result } = await whileRolling(({ vault }) => vault.remove("db-password"));
		expect(result).toMatchObject({ outcome: "published-not-delivered", ...deleted("db-password") });
		const again = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
		expect(again.result).toMatchObject({ outcome: "completed" });
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true });
	});

	test("while it is being deleted is waited for, though no rotation is on record yet", async () => {
		const { result } = await whileRolling((world) => {
			const removed = world.vault.beginRemoving("db-password");
			world.atTime(30, removed);
		});
		expect(result).toMatchObject({ outcome: "published-not-delivered", ...deleted("db-password") });
	});
});

describe("a derived secret that is deleted", () => {
	test("refuses a delivery of the live version, whose mount needs it", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		world.vault.remove(derived);
		const { result } = await world.run(world.request({ kind: "deliver" }));
		expect(result).toMatchObject({ outcome: "refused", ...deleted(derived) });
	});

	test("during its delivery ends it as that", async () => {
		const { result } = await whileRolling(({ vault }) => vault.remove(derived));
		expect(result).toMatchObject({ outcome: "published-not-delivered", ...deleted(derived) });
	});
});

describe("another secret that the mount needs", () => {
	const by = "SecretProviderClass titanic-api/titanic-kv-secrets";
	const refusedBecause = async (make: (world: World) => { version?: string }) => {
		const world = rotationWorld();
		world.deployment.needs = [{ secret: "smtp-password", by, ...make(world) }];
		return (await world.run(world.request())).result.problem?.message;
	};

	test("and that is deleted is told as that, pinned to a version or not", async () => {
		const told = "which is deleted but recoverable, so";
		for (const isPinned of [true, false]) {
			const remove = ({ vault }: World) => {
				const version = String(vault.seed("smtp-password", "x", {}));
				vault.remove("smtp-password");
				return isPinned ? { version } : {};
			};
			expect(await refusedBecause(remove)).toContain(told);
		}
	});

	test("and that does not have the version that it is pinned to is told as that", async () => {
		const make = ({ vault }: World) => {
			vault.seed("smtp-password", "x", {});
			return { version: "another" };
		};
		expect(await refusedBecause(make)).toContain("does not have the version that it is pinned to");
	});
});
