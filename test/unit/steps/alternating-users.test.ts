// Two roles that take turns, in the world in memory: the one that is live is left alone, whatever goes wrong.

import { expect, test } from "@jest/globals";
import { Configuration, wrongTogether } from "../../../src/lib/config/configuration.ts";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { Password } from "../../../src/lib/domain/password.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { switchCredential } from "../../../src/lib/steps/switch/index.ts";
import { ownerRole, rotationWorld, secondRole } from "../../support/rotation-world.ts";

const open = () => rotationWorld({ value: "turns" });
type World = ReturnType<typeof open>;

const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };
const drifted = async ({ ports }: World) =>
	driftIn((await gatherDrift(ports, await managed(ports, "db-password"))).facts).map(({ code }) => code);
const passwordOf = (value: string): string => JSON.parse(value).password;
const attempt = { attempt: "test", tell: () => {} };

test("the role that the live value does not name gets a new password, and the live one keeps its own", async () => {
	const world = open();
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed" });
	expect(world.liveRole()).toBe(secondRole);
	expect(await world.agreement()).toEqual(inOrder);
	expect(world.database.changes(world.role)).toBe(0);
	expect(await world.accepts(world.firstPassword)).toBe(true);
	expect(await drifted(world)).toEqual([]);
	const again = await world.run(world.request({ force: true }));
	expect(again.result).toMatchObject({ outcome: "completed" });
	expect(world.liveRole()).toBe(world.role);
	expect(world.database.changes(secondRole)).toBe(1);
	expect(await world.accepts(world.firstPassword)).toBe(false);
});

test("there is no gap, and requests of the consumers are exposed to nothing", async () => {
	const world = open();
	const { result } = await world.run(world.request());
	expect(result).not.toHaveProperty("gapMs");
	expect(result.exposure).toMatchObject({ expectedSeconds: 0 });
	expect(result.exposure).not.toHaveProperty("measuredSeconds");
});

test("a dry run names the role whose turn it is, and looks for what the two must have in common", async () => {
	const world = open();
	const { result } = await world.run(world.request({ dryRun: true }));
	expect(result.plan?.roles).toEqual([{ server: "titanic-db", role: secondRole }]);
	expect(result.plan?.checks.map(({ check }) => check)).toEqual(
		expect.arrayContaining([
			`Roles titanic_admin and ${secondRole} on server titanic-db differ in nothing that membership in ${ownerRole} does not bring.`,
			`The live role on server titanic-db acts as ${ownerRole} at a login.`,
			`Nobody uses role ${secondRole} on server titanic-db any more.`,
		]),
	);
	expect(world.database.changes(secondRole)).toBe(0);
});

test("whoever still uses the role whose turn it is keeps it from getting a password, unless it is forced", async () => {
	const world = open();
	const known = { role: secondRole, password: new Password("nobody knows it") };
	await using _ = await world.database.database.open(known);
	const refused = await world.run(world.request());
	expect(refused.result).toMatchObject({ outcome: "refused", code: "role-in-use" });
	expect(refused.result.problem?.message).toContain('application "titanic-secret-rotator"');
	expect(world.database.changes(secondRole)).toBe(0);
	const forced = await world.run(world.request({ force: true }));
	expect(forced.result.outcome).toBe("completed");
	expect(forced.result.warnings?.map(({ code }) => code)).toContain("role-in-use");
});

test("roles that differ keep from rotating, unless it is forced", async () => {
	const world = open();
	world.database.alterRole(secondRole, { connectionLimit: 5 });
	const refused = await world.run(world.request());
	expect(refused.result).toMatchObject({ outcome: "refused", code: "roles-unfit" });
	const forced = await world.run(world.request({ force: true }));
	expect(forced.result.outcome).toBe("completed");
});

test("a live role that does not act as the owner is told, and one that would not is not published", async () => {
	const world = open();
	for (const role of [world.role, secondRole]) world.database.alterRole(role, { actsAs: "somebody" });
	const refused = await world.run(world.request());
	expect(refused.result).toMatchObject({ outcome: "refused", code: "role-not-applied" });
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "compensated", code: "role-not-applied" });
	expect(result.problem?.message).toContain(secondRole);
	expect(await world.agreement()).toEqual({ ...inOrder, isNew: false });
	for (const role of [world.role, secondRole]) world.database.alterRole(role, { actsAs: ownerRole });
	expect((await world.run(world.request())).result.outcome).toBe("completed");
});

test("a vault that does not take the new version leaves everything in force, and nothing is set back", async () => {
	const world = open();
	world.vault.deny("write", "db-password");
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
	expect(world.database.changes(world.role)).toBe(0);
	expect(world.database.changes(secondRole)).toBeGreaterThan(0);
	expect(await world.agreement()).toEqual({ ...inOrder, isNew: false });
});

test("where a derived secret is refused, the live one is as it was, and so is its role", async () => {
	const world = open();
	const before = world.live().value;
	const allow = world.vault.deny("write", "db-connection-string");
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "compensated", code: "vault-forbidden" });
	expect(world.live().value).toBe(before);
	expect(world.database.changes(world.role)).toBe(0);
	allow();
	expect((await world.run(world.request())).result.outcome).toBe("completed");
	expect(world.liveRole()).toBe(secondRole);
});

test("a rollback publishes the value before, whose role still has it, and sets no password", async () => {
	const world = open();
	await world.run(world.request());
	const changes = () => world.database.changes(secondRole) + world.database.changes(world.role);
	const before = changes();
	// Pods that lag use it: that is no reason against going back to it.
	await using _ = await world.database.database.open({ role: world.role, password: new Password(world.firstPassword) });
	const { result } = await world.run(world.request({ kind: "rollback" }));
	expect(result).toMatchObject({ outcome: "completed" });
	expect(passwordOf(world.live().value)).toBe(world.firstPassword);
	expect(changes()).toBe(before);
	expect(await world.agreement()).toEqual({ ...inOrder, isNew: false });
});

test("a rollback to what its role does not accept any more, or to the live role's, is refused", async () => {
	const world = open();
	const [first] = world.vault.versions("db-password");
	await world.run(world.request());
	world.database.alterRole(world.role, { password: "changed since" });
	const changed = await world.run(world.request({ kind: "rollback" }));
	expect(changed.result).toMatchObject({ outcome: "refused", code: "version-unusable" });
	world.database.alterRole(world.role, { password: world.firstPassword, canLogin: false });
	const retired = await world.run(world.request({ kind: "rollback" }));
	expect(retired.result).toMatchObject({ outcome: "refused", code: "role-cannot-login" });
	world.database.alterRole(world.role, { canLogin: true });
	await world.run(world.request({ force: true }));
	const own = await world.run(world.request({ kind: "rollback", to: first!.version }));
	expect(own.result).toMatchObject({ outcome: "refused", code: "version-unusable" });
	expect(own.result.problem?.message).toContain("left alone");
});

test("a live value that names a third role, or nobody, is refused before anything is asked of the database", async () => {
	for (const value of ['{"username": "postgres", "password": "x"}', "only-a-password"]) {
		const world = open();
		world.vault.seed("db-password", value);
		const { result } = await world.run(world.request({ force: true }));
		expect(result).toMatchObject({ outcome: "refused", code: "value-unreadable" });
		expect(world.database.changes(secondRole)).toBe(0);
	}
});

test("a new value for the role that is live is never set", async () => {
	const world = open();
	const { version } = world.live();
	world.vault.seed("db-password-pending", `{"username": "${world.role}", "password": "planted"}`);
	const pending = world.vault.versions("db-password-pending").at(-1)!.version;
	const { rotationId, secret, actor } = world.request();
	const source = { secret: "pending", version: pending } as const;
	const input = { rotationId, secret, actor, credentialId: rotationId, baseVersion: version, source };
	await expect(switchCredential(world.ports, input, attempt)).rejects.toMatchObject({ code: "role-in-turn" });
	expect(world.database.changes(world.role)).toBe(0);
});

test("an earlier value of the other role says nothing of a live one that is rejected", async () => {
	const world = open();
	await world.run(world.request());
	world.database.alterRole(secondRole, { password: "changed by hand" });
	expect(await drifted(world)).toContain("database-changed-by-hand");
	const { result } = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(result.outcome).toBe("completed");
	expect(world.database.changes(world.role)).toBe(0);
	expect(await world.agreement()).toEqual(inOrder);
	expect(await drifted(world)).toEqual([]);
});

test("a reconciliation to a new password makes it for the other role", async () => {
	const world = open();
	await world.run(world.request());
	world.database.alterRole(secondRole, { password: "changed by hand" });
	const request = world.request({ kind: "reconcile", direction: "new-password" });
	const { result } = await world.run(request);
	expect(result.outcome).toBe("completed");
	expect(result.changes?.map(({ what }) => what).join(" ")).toContain(`set it for role ${world.role}`);
	expect(world.liveRole()).toBe(world.role);
	expect(await world.agreement()).toEqual(inOrder);
});

test("wherever the process dies, the live role keeps its password and the next run ends well", async () => {
	const calm = open();
	await calm.run(calm.request());
	for (let at = 1; at <= calm.effects.length; at++) {
		for (const when of ["before", "after"] as const) {
			const world = open();
			world.dieAt(at, when);
			const { result } = await world.run(world.request());
			expect({ at, when, outcome: result.outcome }).toEqual({ at, when, outcome: "completed" });
			expect(world.liveRole()).toBe(secondRole);
			expect(world.database.changes(world.role)).toBe(0);
			expect(await world.agreement()).toEqual(inOrder);
		}
	}
});

const secretOf = (changes: object) => {
	const config = structuredClone(open().config);
	Object.assign(config.secrets["db-password"], changes);
	return mistakesIn(config);
};

/** Of its form, or else of what does not go together. */
function mistakesIn(config: object): string {
	const { data, error } = Configuration.safeParse(config);
	return JSON.stringify(data ? wrongTogether(data) : error?.issues);
}

test.each([
	["one role twice", { roles: ["app", "app"] }, "names one role twice"],
	["three roles", { roles: ["app_a", "app_b", "app_c"] }, "two PostgreSQL role names"],
	["an owner that is one of them", { owner: secondRole }, "is one of roles"],
	["a role that changes itself", { login: { mode: "self" } }, "neither may change its own password"],
	[
		"a rotator that is one of them",
		{ login: { mode: "admin-secret", secret: "x", role: secondRole } },
		"managed roles",
	],
	["a rotator that is their owner", { login: { mode: "admin-secret", secret: "x", role: ownerRole } }, "their owner"],
	["a value without a user name", { value: { template: "{password}" } }, "has no {role}"],
	[
		"values that can be read either way",
		{ roles: ["app", "app2"], value: { template: "{role}{password}", format: "raw" } },
		"be read as one of the other",
	],
])("%s is a mistake in the configuration", (_, changes, message) => {
	expect(secretOf(changes)).toContain(message);
});

test("a role that another secret has is nobody else's", () => {
	const config = structuredClone(open().config);
	const other = { vault: "main", server: "titanic-db", role: secondRole, login: { mode: "self" } };
	Object.assign(config.secrets, { other });
	expect(mistakesIn(config)).toContain('is the role of secret \\"db-password\\"');
});
