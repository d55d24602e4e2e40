// A login is refused in the middle of a switch: the admin's password was changed, or the role's VALID UNTIL has passed, while the
// vault was away. Whose password that was tells nothing of what the database has: no such run ends with nobody getting in.

import { describe, expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { token } from "../../support/fake-database.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const admin = { mode: "admin-secret", secret: "admin-password", role: "rotator" };
const pendingName = "db-password-pending";
const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };
const enabledPending = (world: World) => world.vault.versions(pendingName).filter(({ enabled }) => enabled);
const timer = (world: World) => world.request({ actor: { kind: "timer" } });

/** Right after the login that proves the new password. */
const inAMoment = (world: World) => new Date(world.now().getTime() + 1_000);

/** The vault is away from ALTER ROLE on, for a minute; meanwhile this happens. */
function whileTheVaultIsAway(world: World, happens: () => void): void {
	let isOver = false;
	world.onEffect((effect) => {
		if (isOver || effect !== `setPassword ${world.role}`) return;
		isOver = true;
		const mend = world.vault.cut();
		happens();
		world.atTime(60, mend);
	});
}

const causes = async (world: World) =>
	driftIn((await gatherDrift(world.ports, await managed(world.ports, "db-password"))).facts).map(({ code }) => code);

describe("the admin's password is changed", () => {
	test("while the vault is away: the role itself gets in, and the rotation goes to its end", async () => {
		const world = rotationWorld({ login: admin });
		whileTheVaultIsAway(world, () => world.database.alterRole("rotator", { password: "changed" }));
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
		expect(enabledPending(world)).toEqual([]);
	});

	test("and the vault refuses the new version for good: the role itself sets the old one again", async () => {
		const world = rotationWorld({ login: admin });
		whileTheVaultIsAway(world, () => {
			world.database.alterRole("rotator", { password: "changed" });
			world.vault.deny("write", "db-password");
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: false });
	});

	test("and the role's VALID UNTIL passes too: it waits, keeps the pending secret, and ends when either is put right", async () => {
		const world = rotationWorld({ login: admin, mostAttempts: 8 });
		whileTheVaultIsAway(world, () => {
			world.database.alterRole("rotator", { password: "changed" });
			world.database.alterRole(world.role, { validUntil: inAMoment(world) });
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
		expect(enabledPending(world)).toHaveLength(1);
		world.database.alterRole("rotator", { password: "admin-password-value" });
		world.database.alterRole(world.role, { validUntil: undefined });
		expect((await world.run(timer(world))).result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("before anything was set: it ends at once, with the admin's role and secret by name", async () => {
		const world = rotationWorld({ login: admin });
		world.database.alterRole("rotator", { password: "changed" });
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", code: "admin-rejected" });
		expect(result.problem?.message).toMatch(/server titanic-db .* role rotator, secret admin-password in vault main/);
		expect(world.database.changes(world.role)).toBe(0);
	});
});

describe("the app's own identity is not taken any more", () => {
	const login = { mode: "entra-token", role: "rotator" } as const;
	const withIdentity = () => {
		const world = rotationWorld({ login });
		world.database.alterRole("rotator", { password: token });
		return world;
	};

	test("while it is, no secret of an admin is read, and the rotation completes", async () => {
		const world = withIdentity();
		world.vault.deny("read", "admin-password");
		expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("before anything was set: it ends at once, with the role by name", async () => {
		const world = withIdentity();
		world.database.alterRole("rotator", { password: "another identity's" });
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", code: "identity-rejected" });
		expect(result.problem?.message).toMatch(/server titanic-db .* as role rotator/);
		expect(world.database.changes(world.role)).toBe(0);
	});

	test("after ALTER ROLE: the role sets its own password, and the rotation completes", async () => {
		const world = withIdentity();
		whileTheVaultIsAway(world, () => world.database.alterRole("rotator", { password: "another identity's" }));
		expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
		expect(await world.agreement()).toEqual(inOrder);
	});
});

describe("the role's VALID UNTIL passes", () => {
	test("while the vault is away: the run waits until it is set anew, and goes on", async () => {
		const world = rotationWorld();
		const real = world.database.database.open;
		let refused = 0;
		world.database.database.open = (...given) =>
			real(...given).catch((error) => {
				if (++refused === 30) world.database.alterRole(world.role, { validUntil: undefined });
				throw error;
			});
		whileTheVaultIsAway(world, () => world.database.alterRole(world.role, { validUntil: inAMoment(world) }));
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "completed" });
		expect(refused).toBeGreaterThanOrEqual(30);
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("while the vault is away, and nobody sets it anew: the run does not end as if nothing had been changed", async () => {
		const world = rotationWorld({ mostAttempts: 8 });
		whileTheVaultIsAway(world, () => world.database.alterRole(world.role, { validUntil: inAMoment(world) }));
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "interrupted", code: "switch-unsettled" });
		expect(enabledPending(world)).toHaveLength(1);
		world.database.alterRole(world.role, { validUntil: undefined });
		expect((await world.run(timer(world))).result.outcome).toBe("completed");
		expect(await world.agreement()).toEqual(inOrder);
	});

	test("before anything was set: it ends at once, and says whose password it is", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect === "audit createSecret outcome") world.database.alterRole(world.role, { validUntil: world.now() });
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "refused", code: "password-rejected" });
		expect(result.problem?.message).toMatch(/server titanic-db .* role titanic_admin, whose secret is db-password/);
		expect(enabledPending(world)).toHaveLength(1);
	});
});

describe("a pending version that somebody disabled after a crash, though the database has only it", () => {
	async function shutOut(login: object = { mode: "self" }): Promise<World> {
		const recorded = rotationWorld({ login });
		await recorded.run(recorded.request());
		const world = rotationWorld({ login });
		world.loseInstanceAt(recorded.effects.indexOf("setPassword titanic_admin") + 1, "after");
		await world.run(world.request()).catch(() => {});
		await world.vault.store.disable({} as never, pendingName, enabledPending(world)[0]!.version);
		expect((await world.agreement()).liveLogsIn).toBe(false);
		return world;
	}

	test("is told as that, and not as a change by hand", async () => {
		expect(await causes(await shutOut())).toEqual(["pending-disabled"]);
	});

	test.each(["database-from-vault", "new-password"] as const)(
		"is enabled by %s, and is its way in",
		async (direction) => {
			const world = await shutOut();
			const asked = { kind: "reconcile", direction } as const;
			const dry = await world.run(world.request({ ...asked, dryRun: true }));
			expect(dry.result.outcome).toBe("planned");
			expect(dry.result.changes?.map(({ code }) => code)).toEqual(
				expect.arrayContaining(["enable-pending", "retire-pending"]),
			);
			expect(enabledPending(world)).toEqual([]);
			const { result } = await world.run(world.request(asked));
			expect(result.outcome).toBe("completed");
			expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
			expect(enabledPending(world)).toEqual([]);
			expect(await causes(world)).toEqual([]);
		},
	);

	test("is the way in too where the admin's login is refused", async () => {
		const world = await shutOut(admin);
		world.database.alterRole("rotator", { password: "changed" });
		const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
		expect(result.outcome).toBe("completed");
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
	});

	test("stays disabled where an admin gets in anyway", async () => {
		const world = await shutOut(admin);
		const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
		expect(result.outcome).toBe("completed");
		expect(result.changes?.map(({ code }) => code)).not.toContain("enable-pending");
		expect((await world.agreement()).liveLogsIn).toBe(true);
	});

	test("that does not log in either leaves no way in, and the run says so", async () => {
		const world = await shutOut();
		world.database.alterRole(world.role, { password: "by-hand" });
		const { result } = await world.run(world.request({ kind: "reconcile", direction: "new-password" }));
		expect(result).toMatchObject({ outcome: "interrupted", code: "no-way-in" });
	});

	test("is no longer told of once a later rotation has published its own", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		world.database.alterRole(world.role, { password: "by-hand" });
		expect(await causes(world)).toEqual(["database-changed-by-hand"]);
	});
});
