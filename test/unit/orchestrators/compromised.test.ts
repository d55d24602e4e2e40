// An order about a compromised value that is cut short: the one that goes on with it gives no grace either.

import { describe, expect, test } from "@jest/globals";
import { Password } from "../../../src/lib/domain/password.ts";
import { Lost } from "../../support/replayed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const name = "db-password";
const operator = { kind: "operator", id: "me" } as const;
const order = { force: true, compromised: true, actor: operator } as const;
const canary = "Deployment titanic-api/titanic-api";

type World = ReturnType<typeof rotationWorld>;

function open(value?: "turns" | "keys"): World {
	const world = rotationWorld(value && { value });
	world.database.alterRole("rotator", { maySignal: true });
	return world;
}

/** A second consumer, which waits for the first one unless there is no time. */
function withCanary(world: World): World {
	const { consumers } = world.config.secrets[name];
	Object.assign(consumers[0]!, { canary: true });
	consumers.push({ ...consumers[0]!, name: "titanic-worker", canary: false } as never);
	world.cluster.deploy({ namespace: "titanic-api", name: "titanic-worker" });
	return world;
}

const groupsOf = (asked: Awaited<ReturnType<World["run"]>>["asked"]) =>
	asked.flatMap((one) => (one.ask === "children" ? [one.inputs.length] : []));

/** The order's instance is lost right after this effect. */
async function lostAfter(effect: string, make: () => World): Promise<World> {
	const calm = make();
	await calm.run(calm.request(order));
	const world = make();
	world.loseInstanceAt(calm.effects.indexOf(effect) + 1, "after");
	await expect(world.run(world.request(order))).rejects.toBeInstanceOf(Lost);
	return world;
}

const tables = [
	["one user", undefined, "setPassword titanic_admin"],
	["one user", undefined, `write ${name}`],
	["two users", "turns", "setPassword titanic_second"],
	["two users", "turns", `write ${name}`],
] as const;

describe.each(tables)("of %s", (_, value, effect) => {
	test(`where the order's instance is lost after ${effect}, the next trigger takes from the old value what it opens`, async () => {
		const world = await lostAfter(effect, () => open(value));
		const session = await world.database.database
			.open({ role: world.role, password: new Password(world.firstPassword) })
			.catch(() => undefined);
		world.pass(60_000);
		const { result } = await world.run(world.request({ actor: { kind: "timer" } }), "replayed");
		const [first] = world.vault.versions(name);
		expect(result).toMatchObject({
			outcome: "completed",
			compromise: { versions: [first!.version], endedSessions: session ? 1 : 0 },
		});
		// since the order, and not since the run that finished it
		expect(result.compromise?.closedAfterSeconds).toBeGreaterThanOrEqual(60);
		expect(await world.accepts(world.firstPassword)).toBe(false);
		expect(await world.agreement()).toEqual({ liveLogsIn: true, derivedAgrees: true, isNew: true });
	});
});

test("and waits for no canary", async () => {
	const world = await lostAfter(`write ${name}`, () => withCanary(open("turns")));
	const { result, asked } = await world.run(world.request({ actor: { kind: "timer" } }));
	expect(result).toMatchObject({ outcome: "completed" });
	expect(groupsOf(asked)).toEqual([2]);
});

test("a delivery of what it published waits for no canary either, and then the old value is retired without grace", async () => {
	const world = withCanary(open("turns"));
	world.deployment.copyLooks = Number.POSITIVE_INFINITY;
	const first = await world.run(world.request(order));
	expect(first.result).toMatchObject({ outcome: "published-not-delivered" });
	const again = await world.run(world.request({ kind: "deliver", actor: operator }));
	expect(groupsOf(again.asked)).toEqual([2]);
	expect(again.result.consumers?.map(({ delivered }) => delivered)).toEqual([false, true]);
	world.deployment.copyLooks = 0;
	expect((await world.run(world.request({ kind: "deliver", actor: operator }))).result.outcome).toBe("completed");
	expect((await world.run(world.request({ kind: "retire" }))).result.code).toBe("retired");
	expect(await world.accepts(world.firstPassword)).toBe(false);
});

test("a delivery of what an ordinary rotation published begins with the canary", async () => {
	const world = withCanary(open("turns"));
	await world.run(world.request());
	const { asked } = await world.run(world.request({ kind: "deliver", actor: operator }));
	expect(groupsOf(asked)).toEqual([1, 1]);
});

test("of a key with fallbacks, whoever goes on publishes none that accepts the compromised one", async () => {
	const world = await lostAfter(`write ${name}-pending`, () => open("keys"));
	const { result } = await world.run(world.request({ actor: { kind: "timer" } }));
	expect(result).toMatchObject({ outcome: "completed" });
	const published = world.vault.versions(name).slice(1);
	expect(published).toHaveLength(1);
	expect(published[0]!.value).not.toContain(world.firstPassword);
});

test("one that is replaced by another order before it had published is not forgotten", async () => {
	const world = await lostAfter("setPassword titanic_admin", () => open());
	const { result } = await world.run(world.request({ force: true, actor: operator }));
	const [first] = world.vault.versions(name);
	expect(result).toMatchObject({ outcome: "completed", compromise: { versions: [first!.version] } });
});

test("without the right to list pending secrets a delivery begins with the canary, and is done", async () => {
	const world = withCanary(open("turns"));
	await world.run(world.request(order));
	world.vault.deny("list", `${name}-pending`);
	const { result, asked } = await world.run(world.request({ kind: "deliver", actor: operator }));
	expect(result).toMatchObject({ outcome: "completed" });
	expect(groupsOf(asked)).toEqual([1, 1]);
	expect(canary).toBe(result.consumers?.[0]?.workload);
});
