// The doctor's call: who may make it, and what it answers when something is wrong with the app itself.

import { expect, test } from "@jest/globals";
import { askDoctor } from "../../../src/lib/http/doctor.ts";
import { showHealth } from "../../../src/lib/http/health.ts";
import { api } from "./asking.ts";

const systemsOf = ({
	body,
}: {
	body: { app: { system: string }[]; secrets: { secret: string; systems: { system: string }[] }[] };
}) => body.secrets.map(({ secret, systems }) => `${secret}: ${systems.map(({ system }) => system).join(", ")}`);

test("all secrets are looked at, or the one that is asked for; nothing is written", async () => {
	await using made = await api();
	const { ask, audit, records } = made;
	expect(systemsOf(await ask(askDoctor))).toEqual([
		"db-password: Key Vault main, PostgreSQL pg",
		"side-password: Key Vault side, PostgreSQL pg",
	]);
	const one = await ask(askDoctor, { body: '{"secret":"side-password"}' });
	expect(systemsOf(one)).toEqual(["side-password: Key Vault side, PostgreSQL pg"]);
	expect(audit.records).toEqual([]);
	expect(await records.lastReport()).toBeUndefined();
});

test("it is for who may operate: it costs logins, and tells what the app may do", async () => {
	await using made = await api();
	const { ask, audited } = made;
	const refused = await ask(askDoctor, { claims: { roles: ["Rotation.Read", "Audit.Read"] } });
	expect(refused).toMatchObject({ status: 403, body: { code: "app-role-missing" } });
	expect(audited().join()).toContain("app-role-missing");
});

test.each([
	['{"secret":"db-pasword"}', 404, "secret-not-configured"],
	['{"secret":"../x"}', 400, "body-not-valid"],
	['{"secrets":[]}', 400, undefined],
])("%s is refused", async (body, status, code) => {
	await using made = await api();
	const { ask } = made;
	const refused = await ask(askDoctor, { body });
	expect(refused.status).toBe(status);
	if (code) expect(refused.body).toMatchObject({ code });
});

test("a configuration that is not valid is told, beside what else the app needs", async () => {
	await using made = await api();
	const { ask, breakConfiguration } = made;
	breakConfiguration();
	const { status, body } = await ask(askDoctor);
	expect(status).toBe(200);
	expect(body.secrets).toEqual([]);
	expect(body.app[0]).toMatchObject({ rights: [{ result: "missing", code: "configuration-invalid" }] });
	expect(body.app.map(({ system }: { system: string }) => system)).toContain("Audit log");
	expect(body.counts.missing).toBeGreaterThan(0);
});

test("no value of any secret is in the answer", async () => {
	await using made = await api();
	const { ask, vaults } = made;
	vaults.main.seed("db-password", "iceberg", {});
	const { text } = await ask(askDoctor);
	expect(text).toContain("PostgreSQL 18 lets the app in.");
	expect(text).not.toContain("iceberg");
});

test("a newer configuration that is broken is told, by health too, beside the one that is in force", async () => {
	await using made = await api();
	const { ask, passOver } = made;
	passOver();
	const { body } = await ask(askDoctor);
	expect(body.secrets).not.toEqual([]);
	expect(body.app[0]).toMatchObject({ rights: [{ result: "missing", code: "configuration-passed-over" }] });
	const health = await ask(showHealth);
	expect(health).toMatchObject({
		status: 200,
		body: { status: "degraded", configuration: { valid: true, hash: "c0ffee" } },
	});
	expect(health.body.problems.map(({ code }: { code: string }) => code)).toContain("configuration-passed-over");
});
