// A key with fallbacks, in the world in memory: a pod with one version accepts what a pod with the next one signs.

import { expect, test } from "@jest/globals";
import { driftIn } from "../../../src/lib/domain/drift.ts";
import { gatherDrift } from "../../../src/lib/steps/drift.ts";
import { managed } from "../../../src/lib/steps/managed.ts";
import { rotationWorld } from "../../support/rotation-world.ts";

const day = 86_400_000;

function open() {
	const world = rotationWorld({ value: "keys" });
	/** What pods had, one after the other, each as often as it changed. */
	const held: Keys[] = [];
	world.onEffect(() => {
		const now = keysIn(world.deployment.pods[0]?.mounted.get("db-password")?.value.reveal() ?? "");
		if (JSON.stringify(held.at(-1)) !== JSON.stringify(now)) held.push(now);
	});
	return Object.assign(world, { held });
}
type World = ReturnType<typeof open>;

interface Keys {
	readonly current: string;
	readonly fallbacks: readonly string[];
}
const keysIn = (value: string): Keys => (value.startsWith("{") ? JSON.parse(value) : { current: value, fallbacks: [] });
const live = (world: World) => keysIn(world.live().value);
const accepts = ({ current, fallbacks }: Keys, key: string) => [current, ...fallbacks].includes(key);
const drifted = async ({ ports }: World) =>
	driftIn((await gatherDrift(ports, await managed(ports, "db-password"))).facts).map(({ code }) => code);

/** While a roll is under way, pods with the one and pods with the other serve the same people. */
function expectNobodyLost(held: readonly Keys[]): void {
	for (const [index, one] of held.entries()) {
		const next = held[index + 1];
		if (next) expect([accepts(one, next.current), accepts(next, one.current)]).toEqual([true, true]);
	}
}

test.each(["straight", "replayed"] as const)(
	"every pod accepts the new key before any signs with it, and the old one afterwards (%s)",
	async (mode) => {
		const world = open();
		const { result } = await world.run(world.request(), mode);
		expect(result).toMatchObject({ outcome: "completed", code: "near-expiry", consumers: [{ delivered: true }] });
		const { current } = live(world);
		const old = world.firstPassword;
		expect(world.held).toEqual([
			{ current: old, fallbacks: [] },
			{ current: old, fallbacks: [current] },
			{ current, fallbacks: [old] },
		]);
		expectNobodyLost(world.held);
		expect((await world.agreement()).derivedAgrees).toBe(true);
		expect(world.vault.versions("db-password-pending").every(({ enabled }) => !enabled)).toBe(true);
		expect(await drifted(world)).toEqual([]);
		const marks = new Set(world.effects.filter((effect) => effect.startsWith("roll")));
		expect(marks.size).toBe(1);
		const proofs = world.audit.lines.map((line) => JSON.parse(line).data).filter(({ code }) => code === "proved");
		expect(new Set(proofs.map(({ newVersion }) => newVersion)).size).toBe(2);
	},
);

test("the first step leaves the rotation due, and the second one does not", async () => {
	const world = open();
	await world.run(world.request());
	const [before, first, second] = world.vault.versions("db-password");
	expect(first?.expires).toEqual(before?.expires);
	expect(second?.expires?.getTime()).toBeGreaterThan(first?.expires?.getTime() ?? 0);
});

test("where pods do not get the first step, nothing signs with the new key, and the next run goes on with it", async () => {
	const world = open();
	world.deployment.stuck = "ProgressDeadlineExceeded";
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "interrupted", code: "rollout-failed", consumers: [{ delivered: false }] });
	const { current, fallbacks } = live(world);
	expect(current).toBe(world.firstPassword);
	world.deployment.stuck = undefined;
	const next = await world.run(world.request());
	expect(next.result).toMatchObject({ outcome: "completed", code: "pending-found" });
	expect(live(world)).toEqual({ current: fallbacks[0], fallbacks: [current] });
	expectNobodyLost(world.held);
});

test("where the second step may not be written, what is accepted stays, and the next run signs with it", async () => {
	const world = open();
	let allow: (() => void) | undefined;
	world.onEffect((effect) => {
		if (effect.startsWith("roll")) allow ??= world.vault.deny("write", "db-password");
	});
	const { result } = await world.run(world.request());
	expect(result.outcome).toBe("interrupted");
	const accepted = live(world);
	expect(accepted.current).toBe(world.firstPassword);
	allow?.();
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "completed", code: "pending-found" });
	expect(live(world)).toEqual({ current: accepted.fallbacks[0], fallbacks: [world.firstPassword] });
});

test("a write of the first step that takes effect when all is over is covered by the next sweep, which no person has to ask for", async () => {
	const world = open();
	await world.run(world.request());
	const signing = world.live().value;
	const [, first] = world.vault.versions("db-password");
	expect(live(world).fallbacks).toEqual([world.firstPassword]);
	world.vault.seed("db-password", first!.value, { tags: first!.tags });
	expect(live(world).current).toBe(world.firstPassword);
	expect(await drifted(world)).toEqual([]);
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed", code: "pending-found", consumers: [{ delivered: true }] });
	expect(world.live().value).toBe(signing);
	expect((await world.agreement()).derivedAgrees).toBe(true);
	expectNobodyLost(world.held);
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "skipped", code: "not-due" });
});

test("a late write of a derived secret's first step is covered by the next sweep too", async () => {
	const world = open();
	await world.run(world.request());
	const signing = world.live();
	const [, first] = world.vault.versions("db-connection-string");
	world.vault.seed("db-connection-string", first!.value, { tags: first!.tags });
	expect((await world.agreement()).derivedAgrees).toBe(false);
	expect(await drifted(world)).toEqual([]);
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "completed", code: "pending-published", consumers: [{ delivered: true }] });
	expect((await world.agreement()).derivedAgrees).toBe(true);
	expect(world.live()).toEqual(signing);
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "skipped", code: "not-due" });
});

test("a derived secret that has what no step of the rotation made waits for a person, whatever its tags say", async () => {
	const world = open();
	await world.run(world.request());
	const { tags } = world.vault.versions("db-connection-string").at(-1)!;
	world.vault.seed("db-connection-string", "postgresql://planted", { tags });
	expect(await drifted(world)).toEqual(["derived-changed-by-hand"]);
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "skipped", code: "not-due" });
});

test("tags alone bring no version back", async () => {
	const world = open();
	await world.run(world.request());
	const { tags } = world.vault.versions("db-password").at(-1)!;
	const planted = JSON.stringify({ current: world.firstPassword, fallbacks: ["planted"] });
	world.vault.seed("db-password", planted, { tags });
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "skipped", code: "not-due" });
	expect(world.live().value).toBe(planted);
});

test("somebody's version between the two steps is left alone, and nobody is told that nothing was changed", async () => {
	const world = open();
	world.onEffect((effect) => {
		if (effect.startsWith("roll") && world.live().value.startsWith("{")) world.vault.seed("db-password", "by-hand");
	});
	const { result } = await world.run(world.request());
	expect(result).toMatchObject({ outcome: "interrupted" });
	expect(world.live().value).toBe("by-hand");
});

test("keys go when what they signed has run out, and not before", async () => {
	const world = open();
	const signed = [world.firstPassword];
	for (const days of [1, 1, 1, 20]) {
		await world.run(world.request({ force: true }));
		signed.unshift(live(world).current);
		world.pass(days * day);
	}
	expect(live(world).fallbacks).toEqual(signed.slice(1));
	await world.run(world.request({ force: true }));
	expect(live(world).fallbacks).toEqual([signed[0]]);
	expectNobodyLost(world.held);
});

test("a compromised key is accepted no longer, by one step, and the plan says what ends", async () => {
	const world = open();
	await world.run(world.request());
	const order = { force: true, compromised: true } as const;
	const warned = { warnings: [{ code: "sessions-end" }] };
	const plan = (await world.run(world.request({ ...order, dryRun: true }))).result;
	expect(plan).toMatchObject({ outcome: "planned", ...warned, plan: { workloads: [{ restarts: 2 }] } });
	const before = live(world).current;
	const { result } = await world.run(world.request(order));
	expect(result).toMatchObject({ outcome: "completed", code: "forced", ...warned });
	expect(live(world)).toEqual({ current: expect.not.stringMatching(before), fallbacks: [] });
	expect(world.values().size).toBe(4);
});

test("an order that nobody calls compromised warns of nothing, and tells that pods are restarted twice", async () => {
	const world = open();
	const { result } = await world.run(world.request({ dryRun: true }));
	expect(result).not.toHaveProperty("warnings");
	expect(result.plan).toMatchObject({ workloads: [{ restarts: 4, exposureSeconds: 0 }] });
});

test("a compromised key does not come back by a rotation that was cut short", async () => {
	const world = open();
	world.deployment.stuck = "ProgressDeadlineExceeded";
	await world.run(world.request({ force: true }));
	expect(live(world).fallbacks).toHaveLength(1);
	const { result } = await world.run(world.request({ force: true, compromised: true }));
	expect(result).toMatchObject({ outcome: "published-not-delivered", code: "rollout-failed" });
	expect(live(world)).toEqual({ current: expect.not.stringMatching(world.firstPassword), fallbacks: [] });
	world.deployment.stuck = undefined;
	expect((await world.run(world.request({ kind: "deliver" }))).result.outcome).toBe("completed");
	expect(world.held.at(-1)?.fallbacks).toEqual([]);
});

test("while something stands in the way, a compromised key is refused and nothing goes on", async () => {
	const world = open();
	world.deployment.stuck = "ProgressDeadlineExceeded";
	await world.run(world.request({ force: true }));
	const before = world.live().value;
	const allow = world.vault.deny("write", "db-connection-string");
	Object.assign(world.deployment, { paused: true });
	const { result } = await world.run(world.request({ force: true, compromised: true }));
	expect(result).toMatchObject({ outcome: "refused", code: "workload-paused" });
	expect(world.live().value).toBe(before);
	allow();
});

test("a rollback signs with the key from before, and what was signed since is accepted", async () => {
	const world = open();
	await world.run(world.request());
	const { current } = live(world);
	const { result } = await world.run(world.request({ kind: "rollback" }));
	expect(result.outcome).toBe("completed");
	expect(live(world)).toEqual({ current: world.firstPassword, fallbacks: [current] });
	expectNobodyLost(world.held);
});

test("a version that somebody made by hand is replaced in two steps as well", async () => {
	const world = open();
	await world.run(world.request());
	world.vault.seed("db-password", "by-hand");
	const adopted = await world.run(world.request({ kind: "reconcile", direction: "database-from-vault" }));
	expect(adopted.result.outcome).toBe("completed");
	expect(world.live().value).toBe("by-hand");
	const from = world.held.length - 1;
	const replaced = await world.run(world.request({ kind: "reconcile", direction: "new-password" }));
	expect(replaced.result.outcome).toBe("completed");
	expect(live(world).fallbacks).toEqual(["by-hand"]);
	expectNobodyLost(world.held.slice(from));
});

test("a value that is in no form of it is refused before anything is changed", async () => {
	const world = open();
	world.vault.seed("db-password", '{"current":""}');
	const { result } = await world.run(world.request({ force: true }));
	expect(result).toMatchObject({ outcome: "refused", code: "value-unreadable" });
});
