// What an attacker, a late write or a person with another tool does between the steps: seventeen ways in which vault, database
// and pods once came apart. The world is the one in memory; two rotations pass where something is late.

import { describe, expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { RotationRequest } from "../../../src/lib/domain/requests/index.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { activities } from "../../../src/lib/steps/index.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { finishOpenSwitches } from "../../../src/lib/steps/open-switch.ts";
import { onEvent } from "../../../src/lib/triggers/on-event.ts";
import { rotationWorld } from "../../support/rotation-world.ts";
import { sweep } from "../../support/sweep.ts";

type World = ReturnType<typeof rotationWorld>;
const [secret, pending, derived] = ["db-password", "db-password-pending", "db-connection-string"];
const admin = { mode: "admin-secret", secret: "admin-password", role: "rotator" };
const none = () => {};
const planted = "planted-by-an-attacker";
const hour = 3_600_000;

async function swept(world: World) {
	const wishes: RotationRequest[] = [];
	const start = async (one: RotationRequest) => {
		wishes.push(one);
		return { state: "started" };
	};
	const rotations = { start, running: async () => undefined, latest: async () => undefined, purge: async () => 0 };
	const call = {
		ports: world.ports,
		rotations,
		attempt: `sweep-${world.now().getTime()}`,
		log: none,
		warn: none,
		tell: none,
	};
	const { secrets } = await sweep(call as never);
	return { entry: secrets[0]!, wishes };
}
const causes = async (world: World) =>
	driftIn((await gatherDrift(world.ports, await managed(world.ports, secret))).facts).map(({ code }) => code);
let looks = 0;
const look = (world: World) => finishOpenSwitches(world.ports, { attempt: `timer-${++looks}`, tell: none });
const podsWork = (world: World) =>
	Promise.all(world.deployment.pods.map((pod) => world.accepts(pod.mounted.get(secret)!.value.reveal())));
const reconcile = (world: World, more = {}) =>
	world.run(world.request({ kind: "reconcile", direction: "database-from-vault", ...more }));

/** A rotation (the second one of its world) whose process dies at this effect; its instance is lost too. */
async function cutAt(effect: string, when: "before" | "after", lose = true) {
	const recorded = rotationWorld();
	await recorded.run(recorded.request());
	const from = recorded.effects.length;
	await recorded.run(recorded.request({ force: true }));
	const at = recorded.effects.indexOf(effect, from) + 1;
	const world = rotationWorld();
	await world.run(world.request());
	(lose ? world.loseInstanceAt : world.dieAt)(at, when);
	return world;
}
async function died(world: World) {
	await world.run(world.request({ force: true })).catch(none);
	expect(world.died()).toBe(true);
	return world;
}

/** As zombie.test.ts: the first matching write takes effect when two other rotations have ended. */
async function late(
	matches: (name: string, tags: Record<string, string>) => boolean,
	grant: (world: World) => () => void,
) {
	const world = rotationWorld();
	const { rotationId, actor } = world.request();
	const run = { attempt: "zombie", tell: none };
	const ids = { rotationId, secret, actor, credentialId: rotationId, baseVersion: world.live().version };
	const created = await activities.createSecret(world.ports, ids, run);
	if ("refused" in created) throw new Error();
	const granted = grant(world);
	let passed = false;
	const store: World["vault"]["store"] = {
		...world.vault.store,
		async write(intent, name, content) {
			if (!passed && matches(name, content.tags as Record<string, string>)) {
				passed = true;
				granted();
				world.database.endSessions();
				for (const _ of [1, 2]) await world.run(world.request({ force: true }));
			}
			return world.vault.store.write(intent, name, content);
		},
	};
	const source = { secret: "pending", version: created.pendingVersion } as const;
	const input = { ...ids, source };
	await activities.switch({ ...world.ports, store: async () => store }, input, run).catch(none);
	for (const attempt of ["b", "c"]) await activities.switch(world.ports, input, { ...run, attempt }).catch(none);
	expect(passed).toBe(true);
	return world;
}

describe("late writes, planted versions and tags set anew", () => {
	test("a derived secret's write that lands late: the derived secrets follow what is live", async () => {
		const world = await late(
			(name) => name === derived,
			() => none,
		);
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
	});
	test("a way back whose write lands late: what the database has is live again", async () => {
		const world = await late(
			(name, tags) => name === secret && "taken-back" in tags,
			(w) => w.vault.deny("write", derived),
		);
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true });
	});
	test("a password that the database rejects is not brought to pods by the sweep", async () => {
		const world = rotationWorld();
		world.onEffect((effect) => {
			if (effect.startsWith("roll ")) world.deployment.stuck = "ProgressDeadlineExceeded";
		});
		await world.run(world.request());
		Object.assign(world.deployment, { stuck: undefined });
		world.database.alterRole(world.role, { password: world.firstPassword });
		const { entry, wishes } = await swept(world);
		expect(entry.drift?.map(({ code }) => code)).toEqual(["database-restored"]);
		expect(wishes).toEqual([]);
	});
	test("nor by an operator's delivery", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		world.database.alterRole(world.role, { password: world.firstPassword });
		const before = world.deployment.generation;
		await world.run(world.request({ kind: "deliver" }));
		expect(world.deployment.generation).toBe(before);
	});
	test.each([true, false])(
		"planted versions that say they take one back are told as made by hand (rotated before: %s)",
		async (rotated) => {
			const world = rotationWorld({ login: admin });
			if (rotated) await world.run(world.request());
			const good = world.live().version;
			for (let n = 0; n < 6; n++) {
				world.pass(1000);
				world.vault.seed(secret, planted, { tags: { "taken-back": "x", "previous-version": good } });
			}
			expect(await causes(world)).toContain("live-changed-by-hand");
		},
	);
	test("five planted pending versions do not hide the one of a rotation that was cut short", async () => {
		const world = await died(await cutAt("setPassword titanic_admin", "after"));
		const { tags } = world.vault.versions(pending).at(-1)!;
		for (let n = 0; n < 5; n++) world.vault.seed(pending, `planted-${n}`, { tags });
		await look(world);
		await world.run(world.request());
		await world.run(world.request({ force: true }));
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true });
	});
	test("a look in the middle of a forced rotation publishes nothing that the order replaces", async () => {
		const world = await died(await cutAt("setPassword titanic_admin", "after"));
		const { markSwitch } = world.records;
		world.records.markSwitch = async (name) => {
			world.records.markSwitch = markSwitch;
			await look(world);
			return markSwitch(name);
		};
		await world.run(world.request({ force: true }));
		const { wishes } = await swept(world);
		for (const wish of wishes) await world.run(wish);
		expect(await podsWork(world)).toEqual([true, true]);
	});
	test("a mark that stayed, and a derived secret deleted during the delivery: no way back once pods have the new one", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		const { unmarkSwitch } = world.records;
		world.records.unmarkSwitch = async () => {
			world.records.unmarkSwitch = unmarkSwitch;
			throw new Fault("records-unavailable", { store: "memory" });
		};
		const { workloads } = world.ports;
		let hit = false;
		world.ports.workloads = async (cluster) => ({
			...(await workloads(cluster)),
			async rollout(ref, mark) {
				const state = await (await workloads(cluster)).rollout(ref, mark);
				if (state.state === "done" && !hit) {
					hit = true;
					world.vault.remove(derived);
					await look(world);
				}
				return state;
			},
		});
		await world.run(world.request({ force: true }));
		expect(hit).toBe(true);
		expect(await podsWork(world)).toEqual([true, true]);
	});
	test.each([true, false])(
		"the live version's tags set anew while the process is down: it is still known by its value (first rotation: %s)",
		async (first) => {
			let world = await cutAt(`write ${secret}`, "after", false);
			if (first) {
				const recorded = rotationWorld();
				await recorded.run(recorded.request());
				world = rotationWorld();
				world.dieAt(recorded.effects.indexOf(`write ${secret}`) + 1, "after");
			}
			const tags = { env: "prod" };
			world.onRestart(() => world.vault.store.update({} as never, secret, world.live().version, { tags }));
			const { result } = await world.run(world.request({ force: true }));
			const { entry } = await swept(world);
			expect({ outcome: result.outcome, ...(await world.agreement()), drift: entry.drift }).toMatchObject({
				outcome: "completed",
				derivedAgrees: true,
			});
		},
	);
	test("tags set anew before the way back: the database is not set to what is not live", async () => {
		const world = rotationWorld({ mostAttempts: 5 });
		world.vault.deny("write", derived);
		world.onEffect((effect) => {
			if (effect === `write ${secret}`)
				void world.vault.store.update({} as never, secret, world.live().version, { tags: {} });
		});
		await world.run(world.request());
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true });
	});
	test("old enabled pending versions, and a database restored from a backup", async () => {
		const world = rotationWorld();
		world.vault.deny("update", pending);
		await world.run(world.request());
		const old = world.live().value;
		world.pass(hour);
		await world.run(world.request({ force: true }));
		world.database.alterRole(world.role, { password: old });
		const { wishes } = await swept(world);
		for (const wish of wishes) await world.run(wish);
		expect(world.live().value).not.toBe(old);
	});
	test("a pending secret whose write lands when its rotation is over is put away, and no sweep finds it again", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		const { tags } = world.live();
		const claim = { "rotation-id": tags["rotation-id"]!, "base-version": tags["previous-version"]! };
		world.vault.seed(pending, "late", { tags: claim });
		for (const wish of (await swept(world)).wishes) await world.run(wish);
		expect(world.vault.versions(pending).filter(({ enabled }) => enabled)).toEqual([]);
		expect((await swept(world)).wishes).toEqual([]);
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
	});
	test("a record that somebody wrote does not hide the pending password that the database has", async () => {
		const world = await died(await cutAt("setPassword titanic_admin", "after"));
		const { tags, value } = world.vault.versions(pending).at(-1)!;
		const { result } = await rotationWorld().run(rotationWorld().request());
		await world.records.saveRotation({ ...result, rotationId: tags["rotation-id"]!, outcome: "completed" });
		await world.run(world.request());
		expect(world.live().value).toBe(value);
		expect(await world.agreement()).toMatchObject({ liveLogsIn: true, derivedAgrees: true });
	});
	test("a planted claim of a rotation that is over stops no due rotation", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		world.pass(95 * 24 * hour);
		const { tags, version } = world.live();
		world.vault.seed(pending, planted, {
			tags: { "rotation-id": tags["rotation-id"]!, "base-version": tags["previous-version"]! },
		});
		await world.run(world.request({ seenVersion: version }));
		expect(world.live().version).not.toBe(version);
	});
	test("what is adopted is the version that the dry run showed", async () => {
		const world = rotationWorld({ login: admin });
		await world.run(world.request());
		world.database.alterRole(world.role, { password: world.firstPassword });
		const { result: dry } = await reconcile(world, { dryRun: true });
		expect(dry).toMatchObject({ outcome: "planned", previousVersion: expect.stringMatching(/^[0-9a-f]{32}$/) });
		world.vault.seed(secret, planted, { tags: {} });
		const { result } = await reconcile(world, { version: dry.previousVersion });
		expect(result).toMatchObject({ outcome: "refused", code: "live-changed" });
		expect(await world.accepts(planted)).toBe(false);
	});
	test("a mark, and a database changed by hand: no rejected login each minute for ever", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		await world.records.markSwitch(secret);
		world.database.alterRole(world.role, { password: "by-hand" });
		let rejected = 0;
		const { database } = world.database;
		const accepts: typeof database.accepts = async (c) => {
			const accepted = await database.accepts(c);
			if (!accepted) rejected++;
			return accepted;
		};
		world.ports.database = async () => ({ ...database, accepts });
		await look(world);
		expect(rejected).toBe(1);
	});
	test("a pending version whose tags were set anew after a crash is still known, by the audit log", async () => {
		const change = { tags: { env: "prod" } };
		const world = await died(await cutAt("setPassword titanic_admin", "after"));
		await world.vault.store.update({} as never, pending, world.vault.versions(pending).at(-1)!.version, change);
		expect(await causes(world)).not.toContain("database-changed-by-hand");
	});
	test("the event of a version that says it takes one back, which no record knows, is told", async () => {
		const world = rotationWorld();
		await world.run(world.request());
		world.pass(5000);
		const Version = world.vault.seed(secret, planted, { tags: { "taken-back": "x" } });
		const told: unknown[] = [];
		const rotations = { running: async () => undefined };
		const data = { VaultName: "titanic-kv-prod", ObjectName: secret, ObjectType: "Secret", Version };
		const event = { id: "e1", eventType: "Microsoft.KeyVault.SecretNewVersionCreated", data };
		const call = {
			ports: world.ports,
			rotations,
			attempt: "a",
			log: none,
			warn: none,
			tell: (n: unknown) => void told.push(n),
		};
		await onEvent(event, call as never);
		expect(told).toContainEqual(expect.objectContaining({ drift: "live-changed-by-hand" }));
	});
});
