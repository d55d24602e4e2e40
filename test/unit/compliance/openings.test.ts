// What the sweep finds due and leaves to its window, and what is started once that opens.

import { expect, test } from "@jest/globals";
import { startWaiting } from "../../../src/lib/compliance/openings.ts";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { sweep } from "../../support/sweep.ts";
import { configuration, inDays, world } from "../triggers/world.ts";

/** Each night: open from 22:00 to 2:00 in UTC. The sweep of these tests comes at 6:00. */
const nights = { windows: [{ cron: "0 22 * * *", minutes: 240, zone: "UTC" }] };
const tonight = new Date("2026-06-01T22:30:00.000Z");

function waiting(secret: object, { freezes = [] as object[], days = 20 } = {}) {
	const secrets = structuredClone(configuration.secrets);
	Object.assign(secrets["db-password"], secret);
	const made = world({ ...configuration, secrets, freezes });
	const version = made.vaults.main.seed("db-password", "iceberg", { expires: inDays(days) });
	made.vaults.main.seed("db-connection-string", "iceberg");
	made.vaults.side.seed("side-password", "lifeboat", { expires: inDays(90) });
	const at = (now: Date) => ({ ...made.call, ports: { ...made.ports, clock: { now: () => now } } });
	return { ...made, version, at, entry: async () => (await sweep(made.call)).secrets[0] };
}

test("what is due outside its window waits, and the report says until when", async () => {
	const made = waiting(nights);
	expect(await made.entry()).toMatchObject({
		state: "due",
		action: "waiting",
		waits: { code: "window-closed", until: "2026-06-01T22:00:00.000Z" },
	});
	expect(made.durable.started()).toEqual([]);
});

test("once the window is open it is started, for the version that the sweep has seen, and only once", async () => {
	const made = waiting(nights);
	await made.entry();
	expect(await startWaiting(made.at(new Date("2026-06-01T21:59:00.000Z")))).toBe(0);
	expect(await startWaiting(made.at(tonight))).toBe(1);
	expect(made.durable.started()).toMatchObject([
		{ secret: "db-password", kind: "rotate", force: false, seenVersion: made.version, actor: { kind: "timer" } },
	]);
	expect(await startWaiting(made.at(tonight))).toBe(0);
});

test("what has run since the sweep is left to the next one, whatever became of it; what only waited is not", async () => {
	const made = waiting(nights);
	await made.entry();
	const ended = (changes: Partial<RotationStatus>): RotationStatus => ({
		rotationId: "db-password.2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3",
		secret: "db-password",
		kind: "rotate",
		requestedBy: { kind: "event-grid" },
		requestedAt: "2026-06-01T07:00:00.000Z",
		steps: [],
		outcome: "skipped",
		code: "window-closed",
		endedAt: "2026-06-01T07:00:01.000Z",
		...changes,
	});
	await made.records.saveRotation(ended({ outcome: "refused", code: "vault-forbidden" }));
	expect(await startWaiting(made.at(tonight))).toBe(0);
	await made.records.saveRotation(ended({}));
	expect(await startWaiting(made.at(tonight))).toBe(1);
});

test("a freeze is waited out, and what only people start is never started", async () => {
	const freezes = [{ from: "2026-06-01T00:00:00Z", to: "2026-06-01T12:00:00Z", reason: "migration" }];
	const frozen = waiting({}, { freezes });
	expect(await frozen.entry()).toMatchObject({
		action: "waiting",
		waits: { code: "frozen", until: "2026-06-01T12:00:00.000Z", reason: "migration" },
	});
	expect(await startWaiting(frozen.at(new Date("2026-06-01T11:59:00.000Z")))).toBe(0);
	expect(await startWaiting(frozen.at(tonight))).toBe(1);
	const people = waiting({ automatic: false, ...nights });
	expect(await people.entry()).toMatchObject({ action: "waiting", waits: { code: "people-only" } });
	expect(await startWaiting(people.at(tonight))).toBe(0);
});

test("expiry beats the window, and a rotation that was cut short goes on at any time", async () => {
	expect(await waiting(nights, { days: 6 }).entry()).toMatchObject({ state: "due", action: "started" });
	const cutShort = waiting(nights, { days: 90 });
	const tags = { "rotation-id": "db-password.00000000-0000-4000-8000-000000000001", "base-version": cutShort.version };
	cutShort.vaults.main.seed("db-password-pending", "newer", { tags });
	expect(await cutShort.entry()).toMatchObject({ action: "started" });
});

test("what keeps one from being started keeps no other waiting", async () => {
	const both = structuredClone(configuration.secrets);
	for (const secret of Object.values(both)) Object.assign(secret, nights);
	const other = world({ ...configuration, secrets: both });
	for (const [vault, name] of [
		["main", "db-password"],
		["side", "side-password"],
	] as const)
		other.vaults[vault].seed(name, name === "db-password" ? "iceberg" : "lifeboat", { expires: inDays(20) });
	other.vaults.main.seed("db-connection-string", "iceberg");
	await sweep(other.call);
	const { rotations } = other.call;
	const refusing = {
		...rotations,
		running: async (secret: string) => {
			if (secret === "db-password") throw new Fault("durable-unavailable", { secret });
			return rotations.running(secret);
		},
	};
	const call = { ...other.call, rotations: refusing, ports: { ...other.ports, clock: { now: () => tonight } } };
	expect(await startWaiting(call)).toBe(1);
	expect(other.durable.started()).toMatchObject([{ secret: "side-password" }]);
});

test("an alert that something is late leaves alone what waits", async () => {
	const made = waiting(nights, { days: 10 });
	await made.entry();
	expect(made.notices.find(({ event }) => event === "secret-swept")).toMatchObject({
		action: "waiting",
		dueInDays: -20,
	});
});
