// An order about a compromised password, by HTTP, on the real host: anyone who has it loses the session, and gets in no more.

import { expect, test } from "@jest/globals";
import pg from "pg";
import { names } from "../../local/world.ts";
import { configure, loginWith, loginWithLive, rotated, stackFor, withoutConsumers } from "./support/scene.ts";

const stack = stackFor();

test("its session ends, its next login is refused, its version is disabled, and the record says how soon", async () => {
	await configure(stack(), withoutConsumers);
	const { postgres, vault } = stack();
	const password = vault.owner.get("db-password")?.value ?? "";
	const client = new pg.Client(
		`postgresql://${names.role}:${password}@${postgres.host}:${postgres.port}/${names.database}`,
	);
	const ended = Promise.withResolvers<unknown>();
	client.on("error", ended.resolve);
	await client.connect();
	const status = await rotated(stack(), { compromised: true, reason: "leaked" });
	expect(status).toMatchObject({ outcome: "completed", compromise: { closedAfterSeconds: expect.any(Number) } });
	expect(status).not.toHaveProperty("compromise.left");
	expect(await ended.promise).toMatchObject({ code: "57P01" });
	expect(await loginWith(stack(), password)).toBe("28P01");
	expect(await loginWithLive(stack())).toBe("in");
	expect(vault.owner.versions("db-password").map(({ enabled }) => enabled)).toEqual([false, true]);
}, 240_000);
