// Freezes that operators put on while the app runs: by the API, and what the sweep, the timer and people's orders make of them.

import { expect, test } from "@jest/globals";
import { startWaiting } from "../../../src/lib/compliance/openings.ts";
import { endFreeze, listFreezes, startFreeze } from "../../../src/lib/http/freezes.ts";
import { showHealth } from "../../../src/lib/http/health.ts";
import { rotationWorld } from "../../support/rotation-world.ts";
import { sweep } from "../../support/sweep.ts";
import { inDays } from "../triggers/world.ts";
import { api } from "./asking.ts";

type Api = Awaited<ReturnType<typeof api>>;

const until = "2026-06-01T12:00:00Z";
const reason = "release 4.2";
const put = (made: Api, body: object = {}) =>
	made.ask(startFreeze, { body: JSON.stringify({ until, reason, ...body }) });
const end = (made: Api, id: string, body: object = { reason: "released" }) =>
	made.ask(endFreeze, { id, body: JSON.stringify(body) });

function due(made: Api) {
	made.vaults.main.seed("db-password", "iceberg", { expires: inDays(20) });
	made.vaults.main.seed("db-connection-string", "iceberg");
	made.vaults.side.seed("side-password", "lifeboat", { expires: inDays(20) });
}

test("it is put on, listed, counted and ended, each on the audit log with who and why", async () => {
	await using made = await api();
	const { status, body } = await put(made);
	expect([status, body]).toMatchObject([201, { reason, until: "2026-06-01T12:00:00.000Z", by: { kind: "operator" } }]);
	expect((await made.ask(listFreezes)).body.freezes).toEqual([body]);
	expect((await made.ask(showHealth)).body).toMatchObject({ freezes: 1 });
	expect((await end(made, body.id)).body).toMatchObject({ id: body.id, until: "2026-06-01T06:00:00.000Z" });
	expect((await end(made, body.id)).status).toBe(200);
	expect((await made.ask(listFreezes)).body.freezes).toEqual([]);
	expect((await made.ask(showHealth)).body).toMatchObject({ freezes: 0 });
	expect(made.audited()).toEqual(["freeze note freeze-started (none)", "freeze note freeze-ended (none)"]);
	expect(made.audit.records.map(({ data }) => data.message)).toEqual([
		`${body.id}, until 2026-06-01T12:00:00.000Z: ${reason}`,
		`${body.id}: released`,
	]);
});

test("one that would be forgotten, is over, is of nothing or has no reason is refused", async () => {
	await using made = await api();
	const refused: [object, string][] = [
		[{ until: "2026-07-02T06:00:01Z" }, "more than 30 days away"],
		[{ until: "2026-06-01T06:00:00Z" }, "is over already"],
		[{ until: "2026-06-01T12:00:00" }, "is not a time with its offset"],
		[{ until: "2026-02-31T12:00:00Z" }, "field until"],
		[{ reason: undefined }, "field reason is missing"],
		[{ namespace: "unknown" }, "is that of no consumer"],
		[{ namespace: "titanic-api", secret: "db-password" }, "one of the two"],
	];
	for (const [body, said] of refused) {
		const answer = await put(made, body);
		expect([body, answer.status]).toEqual([body, 400]);
		expect(answer.body.detail).toContain(said);
	}
	expect((await put(made, { secret: "unknown" })).status).toBe(404);
	expect((await end(made, "00000000-0000-4000-8000-000000000001")).body.code).toBe("freeze-unknown");
	expect((await end(made, "00000000-0000-4000-8000-000000000001", {})).status).toBe(400);
	expect(await made.records.freezes()).toEqual([]);
});

test("what cannot be put on the log is not put on", async () => {
	await using made = await api();
	const mend = made.audit.cut();
	expect((await put(made)).status).toBe(503);
	mend();
	expect(await made.records.freezes()).toEqual([]);
});

test("only who may operate puts one on or ends it; who may read sees it", async () => {
	await using made = await api();
	const { body } = await put(made);
	const claims = { roles: ["Rotation.Read", "Rotation.Approve"] };
	expect((await made.ask(startFreeze, { claims })).status).toBe(403);
	expect((await made.ask(endFreeze, { id: body.id, claims })).status).toBe(403);
	expect((await made.ask(listFreezes, { claims })).status).toBe(200);
});

test("the sweep leaves what is due until its end, and the timer starts it then", async () => {
	await using made = await api();
	due(made);
	const { body } = await put(made, { secret: "db-password" });
	const { secrets } = await sweep(made.call);
	expect(secrets).toMatchObject([
		{ secret: "db-password", action: "waiting", waits: { code: "frozen", until: "2026-06-01T12:00:00.000Z", reason } },
		{ secret: "side-password", action: "started" },
	]);
	expect(await startWaiting(made.call)).toBe(0);
	await end(made, body.id);
	expect(await startWaiting(made.call)).toBe(1);
	expect(made.durable.started().map(({ secret }) => secret)).toContain("db-password");
});

test("an event finds it too; a person's order is told of it, and goes on with force", async () => {
	const world = rotationWorld();
	const { deployment: _, records, now } = world;
	const at = (hours: number) => new Date(now().getTime() + hours * 3_600_000).toISOString();
	const by = { kind: "operator", id: "a" } as const;
	const freeze = { id: "f", from: at(-1), until: at(1), reason, by };
	const operator = { actor: { kind: "operator", id: "b" } as const };
	await records.changeFreezes(() => [{ ...freeze, namespace: "titanic-api" }]);
	expect((await world.run(world.request())).result).toMatchObject({ outcome: "skipped", code: "frozen" });
	expect((await world.run(world.request(operator))).result).toMatchObject({ outcome: "refused", code: "freeze-on" });
	await records.changeFreezes(() => [
		{ ...freeze, namespace: "other" },
		{ ...freeze, secret: "other" },
	]);
	expect((await world.run(world.request({ dryRun: true }))).result).toMatchObject({ outcome: "planned" });
	await records.changeFreezes(() => [freeze]);
	expect((await world.run(world.request({ ...operator, force: true }))).result.outcome).toBe("completed");
});
