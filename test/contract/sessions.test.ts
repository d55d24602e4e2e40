// The sessions of a role are ended where that is allowed, and else told: the fake and PostgreSQL do the same.

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { Password } from "../../src/lib/domain/password.ts";
import type { Intent } from "../../src/lib/ports/audit-log.ts";
import type { Database } from "../../src/lib/ports/database.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { fakeDatabase } from "../support/fake-database.ts";

const as = (role: string) => ({ role, password: new Password(`password-of-${role}`) });
const intent = {} as Intent;

/** `app`, whose sessions they are; `rotator`, without rights; `ender`, which may end them; `seer`, which sees when they began besides. */
interface World extends AsyncDisposable {
	readonly database: Database;
}

let postgres: Postgres;
beforeAll(async () => {
	postgres = await startPostgres({ settings: { max_connections: "30" } });
	for (const role of ["app", "rotator", "ender", "seer"])
		await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD 'password-of-${role}'`);
	await postgres.query("GRANT pg_signal_backend TO ender, seer; GRANT pg_read_all_stats TO seer");
}, 60_000);
afterAll(async () => postgres.stop());

async function openReal(): Promise<World> {
	const { host, port } = postgres;
	return {
		database: postgresDatabase({ name: "main", server: { host, port, database: "postgres", tls: {} } }),
		[Symbol.asyncDispose]: async () => {},
	};
}

async function openFake(): Promise<World> {
	const fake = fakeDatabase();
	for (const role of ["app", "rotator"]) fake.createRole(role, { password: `password-of-${role}` });
	fake.createRole("ender", { password: "password-of-ender", maySignal: true });
	fake.createRole("seer", { password: "password-of-seer", maySignal: true, seesAll: true });
	return { database: fake.database, [Symbol.asyncDispose]: async () => {} };
}

const isOver = (session: { lockHolder(role: string): Promise<unknown> }) =>
	session.lockHolder("app").then(
		() => false,
		() => true,
	);

const longAgo = new Date(0);
const inAnHour = () => new Date(Date.now() + 3_600_000);

describe.each([
	{ title: "the fake", open: openFake },
	{ title: "the real client on PostgreSQL", open: openReal },
])("Sessions of a role, $title", ({ open }) => {
	test("the role itself ends those of its own that began before, and not the one it does it in", async () => {
		await using world = await open();
		await using old = await world.database.open(as("app"));
		await using session = await world.database.open(as("app"));
		expect(await session.endSessions(intent, "app", longAgo)).toEqual({ ended: 0, left: { count: 0, some: [] } });
		expect(await isOver(old)).toBe(false);
		expect(await session.endSessions(intent, "app", inAnHour())).toEqual({ ended: 1, left: { count: 0, some: [] } });
		expect(await isOver(old)).toBe(true);
		expect(await isOver(session)).toBe(false);
	});

	test("another role without the right ends none, and they are told", async () => {
		await using world = await open();
		await using old = await world.database.open(as("app"));
		await using session = await world.database.open(as("rotator"));
		const { ended, left } = await session.endSessions(intent, "app");
		expect({ ended, count: left.count, told: left.some.length }).toEqual({ ended: 0, count: 1, told: 1 });
		expect(await isOver(old)).toBe(false);
	});

	test("a member of pg_signal_backend ends them, and nobody else's", async () => {
		await using world = await open();
		await using old = await world.database.open(as("app"));
		await using other = await world.database.open(as("rotator"));
		await using session = await world.database.open(as("ender"));
		expect(await session.endSessions(intent, "app")).toEqual({ ended: 1, left: { count: 0, some: [] } });
		expect([await isOver(old), await isOver(other)]).toEqual([true, false]);
	});

	test("one of which nobody tells when it began is an old one", async () => {
		await using world = await open();
		await using old = await world.database.open(as("app"));
		await using seer = await world.database.open(as("seer"));
		expect(await seer.endSessions(intent, "app", longAgo)).toMatchObject({ ended: 0 });
		expect(await isOver(old)).toBe(false);
		await using ender = await world.database.open(as("ender"));
		expect(await ender.endSessions(intent, "app", longAgo)).toMatchObject({ ended: 1 });
		expect(await isOver(old)).toBe(true);
	});
});
