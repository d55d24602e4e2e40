// The other steps of a rotation, in the same world in memory: what is found before anything is changed, what is stored beside
// the live secret, and what is written down and put away in the end.

import { describe, expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { PodFact } from "../../../src/lib/domain/workload.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const another = "db-password.00000000-0000-4000-8000-00000000000f";
const admin = { mode: "admin-secret", secret: "admin-password", role: "rotator" };
const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };
const tagged = (count: number) =>
	Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag-${index}`, "x"]));
const derivedOf = (world: World) => world.vault.versions("db-connection-string");
const enabledPending = (world: World) => world.vault.versions("db-password-pending").filter(({ enabled }) => enabled);
const untouched = (world: World) => ({
	values: world.values().size,
	changes: world.database.changes(world.role),
	pending: world.vault.versions("db-password-pending").length,
});

async function effectsOfOne(): Promise<readonly string[]> {
	const world = rotationWorld();
	await world.run(world.request());
	return world.effects;
}

describe("a plan refuses, before anything is changed,", () => {
	test.each<[string, string, (world: World) => void]>([
		[
			"a role that may not log in",
			"role-cannot-login",
			(world) => world.database.alterRole(world.role, { canLogin: false }),
		],
		["a role that there is not", "role-missing", (world) => world.database.dropRole(world.role)],
		[
			"a right to set the password that is lacking",
			"role-not-permitted",
			(world) => world.database.alterRole("rotator", { hasCreateRole: false }),
		],
		[
			"a password that has expired, of a role that the live secret gets in by nothing else",
			"role-expired",
			(world) => world.database.alterRole(world.role, { validUntil: new Date(0) }),
		],
		[
			"a role that may not connect, whose password nobody knows",
			"role-not-permitted",
			(world) => world.database.alterRole(world.role, { mayConnect: false, password: "by-hand" }),
		],
		[
			"a role that something keeps out at each login",
			"server-misconfigured",
			(world) => world.database.alterRole(world.role, { keptOut: "a trigger" }),
		],
		[
			"a role without a connection left",
			"connection-limit",
			(world) => world.database.alterRole(world.role, { connectionLimit: 0 }),
		],
		[
			"a live password that could not be set again",
			"password-ambiguous",
			(world) => {
				world.vault.seed("db-password", "pass\u00a0word");
				world.database.alterRole(world.role, { password: "pass\u00a0word" });
			},
		],
		[
			"a live secret with more tags than leave room for the rotation's",
			"vault-rejected",
			(world) => void world.vault.seed("db-password", world.firstPassword, { tags: tagged(14) }),
		],
		[
			"a derived secret with more tags than leave room for the rotation's",
			"vault-rejected",
			(world) => void world.vault.seed("db-connection-string", "x", { tags: tagged(13) }),
		],
		[
			"a derived secret whose name a deleted one has",
			"secret-deleted",
			(world) => world.vault.remove("db-connection-string"),
		],
		[
			"an administrator's secret that was deleted, recoverably",
			"secret-deleted",
			(world) => world.vault.remove("admin-password"),
		],
		["an administrator's secret that is empty", "secret-empty", (world) => void world.vault.seed("admin-password", "")],
		[
			"an administrator's password that the server rejects",
			"admin-rejected",
			(world) => void world.vault.seed("admin-password", "old"),
		],
		["an empty live secret", "secret-empty", (world) => void world.vault.seed("db-password", "")],
		[
			"a live value that does not have the form it is configured with",
			"value-unreadable",
			(world) =>
				Object.assign(world.config.secrets["db-password"], {
					value: { template: '{"password": "{password}"}', format: "json" },
				}),
		],
		[
			"a Deployment that is scaled to zero",
			"workload-empty",
			(world) => void Object.assign(world.deployment, { replicas: 0 }),
		],
		[
			"a delivery path that cannot work",
			"object-pinned",
			(world) => {
				world.deployment.refusal = new Fault("object-pinned", { providerClass: "x/y", object: "db-password" });
			},
		],
	])("%s", async (_, code, spoil) => {
		const world = rotationWorld({ login: admin });
		spoil(world);
		const before = untouched(world);
		const { result } = await world.run(world.request({ force: true }));
		expect(result).toMatchObject({ outcome: "refused", code });
		expect(untouched(world)).toEqual(before);
	});
});

test("as many tags as leave just enough room keep no rotation back", async () => {
	const world = rotationWorld();
	world.vault.seed("db-password", world.firstPassword, { tags: tagged(13) });
	world.vault.seed("db-connection-string", "x", { tags: tagged(12) });
	expect((await world.run(world.request({ force: true }))).result.outcome).toBe("completed");
	// Its own ones are replaced, not added.
	expect((await world.run(world.request({ force: true }))).result.outcome).toBe("completed");
});

test.each(["database-from-vault", "new-password"] as const)(
	"a reconciliation %s with a live value that could not be set again is refused, not tried for a day",
	async (direction) => {
		const world = rotationWorld({ login: admin });
		await world.run(world.request());
		world.vault.seed("db-password", "pass\u00a0word");
		const before = untouched(world);
		const order = { kind: "reconcile", direction } as const;
		const { result } = await world.run(world.request(order));
		expect(result).toMatchObject({ outcome: "refused", code: "password-ambiguous" });
		expect(untouched(world)).toEqual(before);
		world.vault.seed("db-password", "corrected");
		const corrected = await world.run(world.request(order));
		expect(corrected.result).toMatchObject({ outcome: "completed", code: "reconciled" });
	},
);

test("a role that changes its own password by its only connection is refused by the plan: no login could prove it", async () => {
	const world = rotationWorld();
	world.database.alterRole(world.role, { connectionLimit: 1 });
	const before = untouched(world);
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "refused", code: "connection-limit" });
	expect(untouched(world)).toEqual(before);
	world.database.alterRole(world.role, { connectionLimit: 2 });
	expect((await world.run(world.request())).result.outcome).toBe("completed");
});

describe("a delivery without a new password refuses, before anything is rolled,", () => {
	test.each<[string, string, (world: World) => void]>([
		[
			"a Deployment that is paused",
			"workload-paused",
			(world) => void Object.assign(world.deployment, { paused: true }),
		],
		[
			"a derived secret that is disabled",
			"secret-disabled",
			(world) => void world.vault.seed("db-connection-string", "x", { enabled: false }),
		],
	])("%s", async (_, code, spoil) => {
		const world = rotationWorld();
		spoil(world);
		const { result } = await world.run(world.request({ kind: "deliver" }));
		expect(result).toMatchObject({ outcome: "refused", code });
		expect(world.deployment.generation).toBe(1);
	});
});

describe("the pending secret", () => {
	test("that an earlier try stored leaves no enabled password behind", async () => {
		const world = rotationWorld();
		world.dieAt((await effectsOfOne()).indexOf("write db-password-pending") + 1, "after");
		const { result } = await world.run(world.request());
		expect(world.died()).toBe(true);
		expect(result.outcome).toBe("completed");
		expect(enabledPending(world)).toEqual([]);
	});

	test.each([
		["before the first rotation", 0],
		["of a secret that was rotated", 1],
	])(
		"that another one has left %s, and that the database never had, is not what is published",
		async (_, rotations) => {
			const world = rotationWorld();
			for (let done = 0; done < rotations; done++) await world.run(world.request());
			world.pass(91 * 86_400_000);
			const tags = { "rotation-id": another, "base-version": "f".repeat(32) };
			world.vault.seed("db-password-pending", "left-over", { tags });
			const { result } = await world.run(world.request());
			expect(result.outcome).toBe("completed");
			expect(world.live().value).not.toBe("left-over");
			expect(await world.agreement()).toEqual(inOrder);
		},
	);

	test("that somebody deleted is brought back, since its name is taken until then", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		world.vault.remove("db-password-pending");
		const { result } = await world.run(world.request({ force: true }));
		expect(result.outcome).toBe("completed");
		expect(world.values().size).toBe(3);
	});

	test("is put away only once the record is saved: until then it is what tells of a rotation that was cut short", async () => {
		const world = rotationWorld();
		const enabledThen: number[] = [];
		world.onEffect((effect) => {
			if (effect === "records rotation") enabledThen.push(enabledPending(world).length);
		});
		await world.run(world.request());
		expect(enabledThen).toEqual([1]);
		expect(enabledPending(world)).toEqual([]);
	});

	test("that is brought back while enabled is put away with the rotation's own", async () => {
		const world = rotationWorld();
		const tags = { "rotation-id": another, "base-version": world.live().version };
		world.vault.seed("db-password-pending", "left-behind", { tags });
		world.vault.remove("db-password-pending");
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("completed");
		expect(enabledPending(world)).toEqual([]);
	});

	test("of another rotation, which came in between, is not put away", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (!effect.startsWith("roll ") || enabledPending(world).length > 1) return;
			const tags = { "rotation-id": another, "base-version": world.live().version };
			world.vault.seed("db-password-pending", "of-the-other-one", { tags });
		});
		await world.run(world.request());
		expect(world.vault.versions("db-password-pending").at(-1)).toMatchObject({
			value: "of-the-other-one",
			enabled: true,
		});
	});
});

test("a rotation that was cut short after ALTER ROLE is gone on with, though somebody wrote another live version since", async () => {
	const world = rotationWorld();
	world.loseInstanceAt((await effectsOfOne()).indexOf("setPassword titanic_admin") + 1, "after");
	await world.run(world.request()).catch(() => {});
	world.vault.seed("db-password", "by-hand", {});
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("completed");
	expect(await world.agreement()).toEqual(inOrder);
});

describe("what a rotation publishes", () => {
	test("expires one period and one margin later", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		const { expires, created } = world.live();
		expect(Math.round((expires!.getTime() - created.getTime()) / 86_400_000)).toBe(120);
	});

	test("says which version it replaced", async () => {
		const world = rotationWorld();
		const { version } = world.live();
		await world.run(world.request());
		expect(world.live().tags["previous-version"]).toBe(version);
	});

	test("keeps the live secret's tags and type", async () => {
		const world = rotationWorld();
		const { version, tags, contentType } = world.live();
		expect(tags).not.toEqual({});
		await world.run(world.request());
		expect(world.live()).toMatchObject({ tags, contentType });
		expect(world.live().version).not.toBe(version);
	});

	test("has each derived secret with its own tags and type, expiring with the live one", async () => {
		const world = rotationWorld();
		world.vault.seed("db-connection-string", `postgresql://${world.role}:${world.firstPassword}@titanic-db/titanic`, {
			tags: { application: "titanic-api", owner: "team-titanic" },
			contentType: "application/x-uri",
		});
		await world.run(world.request());
		expect(derivedOf(world).at(-1)).toMatchObject({
			tags: { application: "titanic-api", owner: "team-titanic", "derived-from": "db-password" },
			contentType: "application/x-uri",
			expires: world.live().expires,
		});
	});

	test("has one new version of a derived secret, however often the run was cut short after it", async () => {
		const world = rotationWorld();
		world.dieAt((await effectsOfOne()).indexOf("write db-connection-string") + 1, "after");
		const { result } = await world.run(world.request());
		expect(world.died()).toBe(true);
		expect(result.outcome).toBe("completed");
		expect(derivedOf(world)).toHaveLength(2);
	});

	test("has the derived secret right although somebody wrote another value under the rotation's own tag", async () => {
		const world = rotationWorld();
		const request = world.request();
		world.dieAt((await effectsOfOne()).indexOf("write db-password") + 1, "after");
		world.onEffect((effect) => {
			if (effect !== "write db-password" || derivedOf(world).length > 1) return;
			world.vault.seed("db-connection-string", "planted", { tags: { "rotation-id": request.rotationId } });
		});
		await world.run(request);
		expect(world.died()).toBe(true);
		expect(await world.agreement()).toEqual(inOrder);
	});
});

describe("the record of a rotation", () => {
	test("has one outcome for each step that an execution began, its own last one too", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		const outcomes = world.audit.records
			.filter(({ data }) => data.phase === "outcome")
			.map(({ data }) => `${data.step} ${data.attempt}`);
		expect(outcomes.filter((one, index) => outcomes.indexOf(one) !== index)).toEqual([]);
	});

	test("leaves the open steps of other secrets to whoever does them", async () => {
		const world = rotationWorld();
		const other = { rotationId: "api-key.1", step: "setSecret", attempt: "run-0", secretName: "api-key" } as const;
		await world.audit.append({ ...other, phase: "intent", actor: { kind: "timer" } });
		await world.run(world.request());
		expect((await world.chain()).openIntents).toMatchObject([{ rotationId: "api-key.1", step: "setSecret" }]);
	});

	test("closes the step at which an earlier execution died", async () => {
		const world = rotationWorld();
		world.loseInstanceAt((await effectsOfOne()).indexOf("setPassword titanic_admin") + 1, "after");
		await world.run(world.request()).catch(() => {});
		expect((await world.chain()).openIntents).not.toEqual([]);
		await world.run(world.request());
		expect((await world.chain()).openIntents).toEqual([]);
	});

	test("says whose credential it is, where it goes on with another rotation's", async () => {
		const world = rotationWorld();
		const first = world.request();
		world.loseInstanceAt((await effectsOfOne()).indexOf("setPassword titanic_admin") + 1, "after");
		await world.run(first).catch(() => {});
		const second = world.request();
		await world.run(second);
		const published = world.audit.records.find(({ data }) => data.step === "finishSecret" && data.code === "published");
		expect(published?.data).toMatchObject({ rotationId: second.rotationId, correlationId: first.rotationId });
	});

	test("is kept, and its end is told to the alerts", async () => {
		const world = rotationWorld();
		const { rotationId } = (await world.run(world.request())).result;
		expect(await world.records.rotation(rotationId)).toMatchObject({
			outcome: "completed",
			version: world.live().version,
		});
		expect(world.notices).toContainEqual(
			expect.objectContaining({ event: "rotation-ended", rotationId, outcome: "completed" }),
		);
	});
});

describe("a delivery", () => {
	test.each<[string, (pods: readonly PodFact[]) => readonly PodFact[]]>([
		["of which one is not ready", ([first, ...others]) => [{ ...first!, ready: false }, ...others]],
		["of which there is none", () => []],
	])("is not over with pods %s", async (_, spoilt) => {
		const world = rotationWorld();
		const { prove } = world.cluster.path;
		let isRolled = false;
		world.onEffect((effect) => {
			isRolled ||= effect.startsWith("roll ");
		});
		Object.assign(world.cluster.path, {
			prove: (...[consumer, pods, ...more]: Parameters<typeof prove>) =>
				prove(consumer, isRolled ? spoilt(pods) : pods, ...more),
		});
		const { result } = await world.run(world.request());
		expect(result.outcome).toBe("published-not-delivered");
	});

	test("is not over while the published password does not log in", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect.startsWith("roll ")) world.database.alterRole(world.role, { password: "by-hand" });
		});
		const { result } = await world.run(world.request());
		expect(result).toMatchObject({ outcome: "published-not-delivered", code: "password-rejected" });
	});
});
