import { describe, expect, test } from "@jest/globals";
import { callOf, placeOf } from "../../../src/lib/domain/trace.ts";

test("a rotation has the same trace wherever it is asked for, another one another, and neither id is zero", () => {
	const [one, again, other] = ["db-password.a", "db-password.a", "db-password.b"].map(placeOf);
	expect(again).toEqual(one);
	expect(other!.traceId).not.toBe(one!.traceId);
	expect(one!.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
	expect(one!.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
});

describe("a call to the outside", () => {
	test.each([
		["vault PUT db-password", "vault", "PUT"],
		["vault GET (challenge) db-password", "vault", "GET"],
		["postgres login titanic_admin", "postgres", "login"],
		["postgres ALTER ROLE titanic_admin", "postgres", "ALTER"],
		["kubernetes patch deployments titanic-api/titanic-api", "kubernetes", "patch"],
		["blob PUT audit/2026-11.ndjson", "blob", "PUT"],
		["git POST gitops git-receive-pack", "git", "POST"],
		["durable start rotate-db-password", "durable", "start"],
	])("%s is called by system and verb", (effect, system, verb) => {
		expect(callOf(effect)).toEqual({ system, verb });
	});

	test("has no name in it, wherever an effect may have one", () => {
		expect(callOf("token https://vault.azure.net")).toEqual({ system: "token", verb: "other" });
		expect(callOf("postgres db-password")).toEqual({ system: "postgres", verb: "other" });
		expect(callOf("db-password GET")).toEqual({ system: "other", verb: "GET" });
	});
});
