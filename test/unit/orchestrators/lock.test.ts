import { expect, test } from "@jest/globals";
import { Password } from "../../../src/lib/domain/password.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

/** Somebody who may set the role's password, and so could be another rotator. */
const administrator = ({ database }: World) =>
	database.database.open({ role: "rotator", password: new Password("admin-password-value") });

test.each([true, false])("a lock that is held is found before anything is changed, dry run: %s", async (dryRun) => {
	const world = rotationWorld();
	const other = await administrator(world);
	await other.lock(world.role);
	const { result } = await world.run(world.request({ dryRun }));
	expect(result).toMatchObject({ outcome: "refused", code: "role-busy" });
	expect(result.problem?.message).toMatch(/: pid \d+, role "rotator", /);
	expect(result.problem?.next).toContain("pg_terminate_backend");
	expect(world.vault.versions("db-password-pending")).toEqual([]);
	expect(world.database.changes(world.role)).toBe(0);
	await other[Symbol.asyncDispose]();
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
});

test("a lock that is taken after the plan is waited for, and no password is set meanwhile", async () => {
	const world = rotationWorld();
	const other = await administrator(world);
	let changesMeanwhile: number | undefined;
	world.onEffect((effect) => {
		if (effect.includes("db-password-pending")) void other.lock(world.role);
	});
	world.atTime(60, () => {
		changesMeanwhile = world.database.changes(world.role);
		world.onEffect(() => {});
		void other[Symbol.asyncDispose]();
	});
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed" });
	expect(changesMeanwhile).toBe(0);
	expect(world.database.changes(world.role)).toBe(1);
});

test("a lock of somebody who may not set the password holds up nothing", async () => {
	const world = rotationWorld();
	world.database.createRole("stranger", { password: "stranger" });
	await using stranger = await world.database.database.open({ role: "stranger", password: new Password("stranger") });
	await stranger.lock(world.role);
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed" });
});

test("a recovery login gives way to a session of the role itself, which may be a rotation; an administrator's does not", async () => {
	const admin = { secret: "admin-password", role: "rotator" };
	for (const [login, expected] of [
		[
			{ mode: "self", recovery: admin },
			{ outcome: "refused", code: "role-busy" },
		],
		[{ mode: "admin-secret", ...admin }, { outcome: "completed" }],
	] as const) {
		const world = rotationWorld({ login });
		await using own = await world.database.database.open({
			role: world.role,
			password: new Password(world.firstPassword),
		});
		await own.lock(world.role);
		world.database.alterRole(world.role, { password: "by-hand" });
		const request = world.request({ kind: "reconcile", direction: "database-from-vault", dryRun: false });
		expect((await world.run(request)).result).toMatchObject(expected);
	}
});
