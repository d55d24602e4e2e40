// A managed secret whose entry has an id of its own: the vault knows it by its name, everything else by its id.

import { expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import { durableOn } from "../../../src/lib/orchestrators/process.ts";
import { progressOf } from "../../../src/lib/orchestrators/progress.ts";
import { switchOver } from "../../../src/lib/orchestrators/rotate.ts";
import { finishOpenSwitches } from "../../../src/lib/steps/open-switch.ts";
import { fakeVault } from "../../support/fake-vault.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

type World = ReturnType<typeof rotationWorld>;

const id = "prod-db";
const inOrder = { liveLogsIn: true, derivedAgrees: true, isNew: true };
const rotationId = `${id}.00000000-0000-4000-8000-0000000000aa`;
const asked = (world: World, changes: object = {}) => world.request({ secret: id, rotationId, ...changes });

/** The same secret of the same vault, by an id of its own; its name is the id of another vault's. */
function renamed(world: World): World {
	const { "db-password": entry } = world.config.secrets;
	const other = { ...entry, vault: "dev", role: "other", derived: [], consumers: [] };
	world.config.vaults = { ...world.config.vaults, dev: { url: "https://titanic-kv-dev.vault.azure.net" } } as never;
	world.config.secrets = { [id]: { ...entry, name: "db-password" }, "db-password": other } as never;
	const dev = fakeVault({ name: "dev", now: world.now });
	dev.seed("db-password", "other-password", {});
	world.database.createRole("other", { password: "other-password" });
	const main = world.ports.store;
	Object.assign(world.ports, { store: async (vault: string) => (vault === "dev" ? dev.store : main(vault)) });
	return Object.assign(world, { dev });
}

test("it is rotated, derived, delivered and recorded, and nothing of the other vault's is touched", async () => {
	const world = renamed(rotationWorld()) as World & { dev: ReturnType<typeof fakeVault> };
	const { result } = await world.run(asked(world), "replayed");
	expect(result).toMatchObject({ outcome: "completed", secret: id, consumers: [{ delivered: true }] });
	expect(await world.agreement()).toEqual(inOrder);
	expect(world.vault.versions("db-password-pending")[0]?.tags).toMatchObject({
		"rotation-id": rotationId,
		target: id,
	});
	expect(world.vault.names()).not.toContain(id);
	expect(await world.records.lastRotation(id)).toMatchObject({ rotationId });
	expect(await world.records.lastRotation("db-password")).toBeUndefined();
	expect(new Set(world.audit.records.map(({ subject }) => subject))).toEqual(new Set([id]));
	expect(world.dev.versions("db-password")).toHaveLength(1);
	expect(world.database.changes("other")).toBe(0);
});

test("both secrets of one name are rotated at once, and neither touches the other's", async () => {
	const world = renamed(rotationWorld()) as World & { dev: ReturnType<typeof fakeVault> };
	const other = world.request({ secret: "db-password", force: true });
	const ended = await Promise.all([world.run(asked(world)), world.run(other)]);
	expect(ended.map(({ result }) => [result.secret, result.outcome])).toEqual([
		[id, "completed"],
		["db-password", "completed"],
	]);
	expect(await world.agreement()).toEqual(inOrder);
	const theirs = world.dev.versions("db-password").at(-1)!;
	expect(await world.accepts(theirs.value, "other")).toBe(true);
	const written = [world.vault, world.dev].map((vault) =>
		["db-password", "db-password-pending"].map((name) => vault.versions(name).at(-1)?.tags["rotation-id"]),
	);
	expect(written).toEqual([
		[rotationId, rotationId],
		[other.rotationId, other.rotationId],
	]);
	expect([world.vault, world.dev].map((vault) => vault.versions("db-password").length)).toEqual([2, 2]);
	expect(await world.records.lastRotation(id)).toMatchObject({ rotationId });
	expect(await world.records.lastRotation("db-password")).toMatchObject({ rotationId: other.rotationId });
});

test.each(["pending", "published"])(
	"a rotation from before it had the id, cut short when it was %s, is gone on with",
	async (when) => {
		const effect = when === "pending" ? "setPassword titanic_admin" : "write db-password";
		const recorded = rotationWorld();
		await recorded.run(recorded.request());
		const world = rotationWorld();
		world.loseInstanceAt(recorded.effects.indexOf(effect) + 1, "after");
		await world.run(world.request()).catch(() => {});
		expect(world.died()).toBe(true);
		const stored = world.vault.versions("db-password-pending").at(-1)!.value;

		const { result } = await renamed(world).run(asked(world, { actor: { kind: "timer" } }));
		expect(result).toMatchObject({ outcome: "completed" });
		expect(await world.agreement()).toEqual(inOrder);
		expect(world.live().value).toBe(stored);
		expect(world.vault.versions("db-password-pending").filter(({ enabled }) => enabled)).toEqual([]);
	},
);

test("a switch of it that was cut short is finished by the next look", async () => {
	const recorded = renamed(rotationWorld());
	await recorded.run(asked(recorded));
	const world = renamed(rotationWorld());
	world.loseInstanceAt(recorded.effects.indexOf("setPassword titanic_admin") + 1, "after");
	await world.run(asked(world)).catch(() => {});
	expect(await world.agreement()).toMatchObject({ liveLogsIn: false });
	const { finished } = await finishOpenSwitches(world.ports, { attempt: "look", tell: () => {} });
	expect(finished).toEqual([id]);
	expect(await world.agreement()).toEqual(inOrder);
});

test.each([
	["of this version", { name: "db-password" }, "db-password"],
	["of the version before, where it was the id", {}, id],
])("what was published is called as in the vault, also by a history %s", (_, told, secret) => {
	const durable = durableOn({ now: () => new Date(0), report: () => {}, continueAs: () => {} });
	const request = asked(rotationWorld());
	const target = {
		...request,
		credentialId: rotationId,
		baseVersion: "",
		source: { secret: "live", version: "" },
	} as const;
	const over = switchOver(progressOf(durable, request), target, { consumers: [] });
	over.next();
	const switched = { version: "1".repeat(32), previousVersion: "", derived: [], steps: [], ...told };
	expect(over.next(switched).value).toEqual({
		published: [{ secret, version: switched.version }],
		delivery: "only",
	});
});

test("a fault names the secret as its vault does, and the vault", async () => {
	const world = renamed(rotationWorld());
	world.vault.remove("db-password");
	const { result } = await world.run(asked(world));
	const told = new Fault("secret-deleted", { vault: "main", secret: "db-password" });
	expect(result).toMatchObject({ outcome: "refused", problem: { message: told.sentence } });
});
