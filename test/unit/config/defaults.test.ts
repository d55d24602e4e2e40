// What entries leave out, and the defaults of the first file have.

import { expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { parseConfiguration } from "../../../src/lib/config/load.ts";

const base = {
	vaults: { main: { url: "https://titanic-kv-prod.vault.azure.net" } },
	servers: { pg: { host: "pg.example.org" }, other: { host: "other.example.org" } },
	clusters: { aks: { server: "https://aks.example.org" } },
};
const consumer = { namespace: "titanic", name: "web" };
const csi = { path: "csi-driver", secretProviderClass: "classes", pollSeconds: 60 };
const inAks = { cluster: "aks", kind: "Deployment", delivery: csi };
const ofPg = { vault: "main", server: "pg", login: { mode: "self" } };

function secretsOf(defaults: object, secrets: object) {
	const parsed = parseConfiguration(stringify({ ...base, defaults, secrets }, { aliasDuplicateObjects: false }));
	if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
	return parsed.config.secrets as Record<string, Record<string, unknown> & { consumers: Record<string, unknown>[] }>;
}
const problemsOf = (defaults: object, secrets: object) => {
	const parsed = parseConfiguration(stringify({ ...base, defaults, secrets }, { aliasDuplicateObjects: false }));
	return "problems" in parsed ? parsed.problems.map(({ path, message }) => `${path}: ${message}`) : [];
};

test("an entry is what it would be if it said all of it itself", () => {
	const defaults = { secrets: { ...ofPg, rotateEveryDays: 30 }, consumers: inAks };
	const short = { db: { role: "web", consumers: [consumer] } };
	const long = { db: { ...defaults.secrets, role: "web", consumers: [{ ...inAks, ...consumer }] } };
	expect(secretsOf(defaults, short)).toEqual(secretsOf({}, long));
	expect(secretsOf(defaults, short).db).toMatchObject({ rotateEveryDays: 30, server: "pg", name: "db" });
});

test("what an entry says itself counts: values and lists as they are, mappings option by option", () => {
	const window = { cron: "0 22 * * *", minutes: 240, zone: "UTC" };
	const admin = { mode: "admin-secret", secret: "admin", role: "admin" };
	const defaults = { secrets: { ...ofPg, login: admin, windows: [window], rotateEveryDays: 60 }, consumers: inAks };
	const { db, reports } = secretsOf(defaults, {
		db: { role: "web", server: "other", windows: [], login: { role: "owner" } },
		reports: { role: "reports", consumers: [{ ...consumer, kind: "CronJob", delivery: { pollSeconds: 300 } }] },
	});
	expect(db).toMatchObject({ server: "other", windows: [], login: { ...admin, role: "owner" }, rotateEveryDays: 60 });
	expect(reports).toMatchObject({ server: "pg", windows: [window], login: admin });
	expect(reports!.consumers).toMatchObject([{ kind: "CronJob", delivery: { ...csi, pollSeconds: 300 } }]);
});

test("of a delivery of another path, and of a login of another mode, nothing is the default's", () => {
	const recovery = { secret: "admin", role: "admin" };
	const defaults = { secrets: { ...ofPg, login: { mode: "self", recovery } }, consumers: inAks };
	const { db } = secretsOf(defaults, {
		db: {
			role: "web",
			login: { mode: "entra-token", role: "identity" },
			consumers: [{ ...consumer, delivery: { path: "workload-identity" } }],
		},
	});
	expect(db!.login).toEqual({ mode: "entra-token", role: "identity" });
	expect(db!.consumers).toMatchObject([{ cluster: "aks", delivery: { path: "workload-identity" } }]);
	expect(db!.consumers[0]!.delivery).not.toHaveProperty("secretProviderClass");
});

test("an option that the secret's strategy does not have is left out, also where the strategy is a default", () => {
	const { key, db } = secretsOf({ secrets: ofPg }, { key: { strategy: "random-value" }, db: { role: "web" } });
	expect(key).not.toHaveProperty("server");
	expect(db).toMatchObject({ server: "pg" });
	const { all } = secretsOf({ secrets: { ...ofPg, strategy: "random-value" } }, { all: {} });
	expect(all).toMatchObject({ strategy: "random-value", vault: "main" });
});

test("the consumers that the defaults give have the defaults of consumers", () => {
	const { db } = secretsOf({ secrets: { ...ofPg, consumers: [consumer] }, consumers: inAks }, { db: { role: "web" } });
	expect(db!.consumers).toMatchObject([{ ...consumer, delivery: csi }]);
});

test("a wrong default is told once, at the default, with the entries that take it", () => {
	const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`db-${at}`, { role: `role-${at}` }]));
	expect(problemsOf({ secrets: { ...ofPg, rotateEveryDays: "90d" } }, many)).toEqual([
		'defaults.secrets.rotateEveryDays: is "90d"; give the number alone, 1 to 730 (taken by secrets["db-0"] and 49 more)',
	]);
	expect(problemsOf({ secrets: { ...ofPg, role: "web" } }, { one: {}, two: {} })).toEqual([
		'defaults.secrets.role: is the role of secret "one"; let one secret own it (taken by secrets.two)',
	]);
});

test("what is missing is told at the entry, and what the entry says wrong too", () => {
	expect(problemsOf({ secrets: { server: "pg", login: { mode: "self" } } }, { db: { role: "web" } })).toEqual([
		"secrets.db.vault: is missing; give a name of letters, digits and hyphens, at most 64",
	]);
	expect(problemsOf({ secrets: ofPg }, { db: { role: "web", server: "gp" } })).toEqual([
		'secrets.db.server: is "gp", which is not one of servers; did you mean pg?',
	]);
	const own = { ...consumer, delivery: { path: "external-secrets" } };
	expect(problemsOf({ secrets: ofPg, consumers: inAks }, { db: { role: "web", consumers: [own] } })[0]).toMatch(
		/^secrets\.db\.consumers\[0\]\.delivery\.\w+: is missing/,
	);
});

test("no key of a file reaches the objects that programs are made of", () => {
	const text = stringify({ ...base, secrets: { db: { ...ofPg, role: "web" } } });
	const hostile = `defaults:\n  secrets:\n    __proto__:\n      polluted: 1\n    login:\n      __proto__:\n        polluted: 1\n${text}`;
	expect(parseConfiguration(hostile)).toHaveProperty("problems");
	expect({}).not.toHaveProperty("polluted");
});
