// What a secret is called, from outside: the longest name that a vault takes, with a workload that uses it; and two vaults with
// a secret of one name each, one of a role whose name has to be quoted. By the built bundle in the local host.

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { login } from "../../local/proof.ts";
import { rightsByKind } from "../../local/rights.ts";
import { follow, rotationOf } from "../../local/rotation-watch.ts";
import { complianceOf } from "../../local/sweep-watch.ts";
import { until } from "../../local/until.ts";
import { identities, names, seedPassword } from "../../local/world.ts";
import { type DataAction, startVault, type Vault } from "../../packages/key-vault/index.ts";
import type { KubeObject } from "../../packages/kubernetes-api/index.ts";
import { formerInstanceIdOf, rotationIdOf } from "../../src/lib/domain/ids.ts";
import {
	administrator,
	auditLog,
	configure,
	idle,
	patched,
	providerClassPath,
	stackFor,
	withoutConsumers,
} from "./support/scene.ts";

const minutes = 60_000;
const day = 86_400_000;
const long = `titanic-${"x".repeat(111)}`;
const longRole = "titanic_long";
/** It takes care to write it into a connection string. */
const devRole = "titanic's dev; role";
const stack = stackFor();
const kubernetes = administrator(stack);
let dev: Vault | undefined;

/** A role of the seed world's database, and a secret with its password, which expires in so many days. */
async function seed(vault: Vault, name: string, role: string, days: number): Promise<void> {
	const password = seedPassword();
	await stack().postgres.query(`CREATE ROLE ${pg.escapeIdentifier(role)} LOGIN PASSWORD '${password}'`);
	vault.owner.set(name, password, { expires: new Date(Date.now() + days * day), tags: { rotation: "90days" } });
	const grant = (objectId: string, secret: string | undefined, actions: readonly string[]) =>
		vault.grant({ objectId, secret, actions: actions.map((one) => `Microsoft.KeyVault/vaults/${one}` as DataAction) });
	const { rotator, csi } = identities;
	grant(rotator.objectId, name, rightsByKind.managed);
	grant(rotator.objectId, `${name}-pending`, rightsByKind.pending);
	grant(rotator.objectId, `${name}-dsn`, rightsByKind.derived);
	grant(csi.objectId, name, rightsByKind.readable);
}

/** Who is logged in where by this connection string of libpq's: the server's own, in its extension. */
async function readBack(dsn: string): Promise<object | undefined> {
	const { postgres } = stack();
	await postgres.query("CREATE EXTENSION IF NOT EXISTS dblink");
	const ask = "SELECT current_user::text, current_database()::text";
	const sql = "SELECT * FROM dblink($1, $2) AS seen(role text, database text)";
	return (await postgres.query<{ role: string; database: string }>(sql, [dsn, ask]))[0];
}

const logsIn = (vault: Vault, name: string, role: string): Promise<string> => {
	const { host, port } = stack().postgres;
	return login(
		`postgresql://${encodeURIComponent(role)}:${vault.owner.get(name)?.value}@${host}:${port}/${names.database}`,
	);
};

const hub = (path: string, options?: RequestInit) =>
	fetch(`${stack().host?.url}/runtime/webhooks/durabletask/${path}?code=${stack().keys.durable}`, options);
const instances = async () =>
	((await (await hub("instances")).json()) as { instanceId: string }[]).map(({ instanceId }) => instanceId);

const post = async (secret: string, body: object) => {
	const answer = await stack().api(`secrets/${secret}/rotations`, { method: "POST", body });
	return (await answer.json()) as { rotationId: string; alreadyRunning?: boolean };
};
const ended = (rotationId: string) => follow(stack(), rotationId, { seconds: 240 });

beforeAll(async () => {
	const { identity, topic, vault } = stack();
	dev = await startVault({ identity, name: "titanic-kv-dev", onEvent: (event) => topic.publish(event) });
	dev.grant({
		objectId: identities.rotator.objectId,
		actions: rightsByKind.vault.map((one) => `Microsoft.KeyVault/vaults/${one}` as DataAction),
	});
	await seed(dev, "db-password", devRole, 90);
	await seed(vault, long, longRole, 90);
	const providerClass = await kubernetes().get<KubeObject & { spec: { parameters: { objects: string } } }>(
		providerClassPath,
	);
	const objects = `${providerClass.spec.parameters.objects}  - |\n    objectName: ${long}\n    objectType: secret\n`;
	await patched(kubernetes(), providerClassPath, { spec: { parameters: { objects } } });
	const url = dev.url;
	await configure(stack(), (config) => {
		const { "db-password": entry } = config.secrets;
		config.vaults.dev = { url, name: "titanic-kv-dev" };
		config.secrets[long] = { ...entry, role: longRole, derived: [] };
		config.secrets["dev-db"] = { ...entry, vault: "dev", name: "db-password", role: devRole };
		const template = "host={host} port={port} user={role} password={password} dbname={database}";
		const derived = [{ secret: "db-password-dsn", template, format: "libpq" }];
		Object.assign(config.secrets["dev-db"], { derived, consumers: [] });
		withoutConsumers(config);
	});
}, 6 * minutes);
afterAll(async () => {
	await dev?.[Symbol.asyncDispose]();
});

test(
	"a secret with the longest name is rotated, and its pods prove it",
	async () => {
		expect(long).toHaveLength(119);
		const { rotationId } = await post(long, { force: true });
		const status = await ended(rotationId);
		const proved = { ready: true, version: status.version };
		expect(status).toMatchObject({ outcome: "completed", consumers: [{ pods: [proved, proved] }] });
		expect(await logsIn(stack().vault, long, longRole)).toBe("in");
		const ids = await instances();
		expect(ids).toHaveLength(2);
		for (const id of ids) expect(id.length).toBeLessThanOrEqual(100);
		await idle(stack());
	},
	8 * minutes,
);

test(
	"what an earlier version started under a longer id is gone on with, and nothing is started beside it",
	async () => {
		const rotationId = rotationIdOf(long, crypto.randomUUID());
		const request = {
			...{ rotationId, secret: long, kind: "rotate", force: true, dryRun: false },
			...{ actor: { kind: "timer" }, requestedAt: new Date().toISOString() },
		};
		const headers = { "content-type": "application/json" };
		const before = stack().vault.owner.versions(long).length;
		const started = await hub(`orchestrators/rotate/${formerInstanceIdOf(long)}`, {
			...{ method: "POST", headers, body: JSON.stringify(request) },
		});
		expect(started.status).toBe(202);
		await until("the delivery", 120, async () => stack().vault.owner.versions(long).length > before || undefined);
		expect(await post(long, {})).toMatchObject({ alreadyRunning: true, rotationId });
		expect(await rotationOf(stack(), long)).toBe(rotationId);
		expect(await ended(rotationId)).toMatchObject({ outcome: "completed", code: "forced" });
		await idle(stack());
		expect(stack().vault.owner.versions(long)).toHaveLength(before + 1);
		expect(await logsIn(stack().vault, long, longRole)).toBe("in");
	},
	8 * minutes,
);

test(
	"of two secrets of one name, an event rotates the one in its vault, and everything tells them apart",
	async () => {
		const { vault, topic } = stack();
		const versions = () => [vault, dev!].map(({ owner }) => owner.versions("db-password").length);
		const [main, other] = versions() as [number, number];
		const { version } = dev!.owner.get("db-password")!;
		dev!.owner.update("db-password", version, { expires: new Date(Date.now() + 5 * day) });
		const fired = dev!.fireDueEvents();
		expect(fired.map(({ subject }) => subject)).toEqual(["db-password"]);
		await topic.idle();
		const rotationId = await until("the rotation", 120, () => rotationOf(stack(), "dev-db"));
		expect(await ended(rotationId)).toMatchObject({ outcome: "completed", code: "near-expiry" });
		await idle(stack());
		expect(versions()).toEqual([main, other + 1]);
		expect(await logsIn(dev!, "db-password", devRole)).toBe("in");
		const dsn = dev!.owner.get("db-password-dsn")?.value ?? "";
		expect(await readBack(dsn)).toEqual({ role: devRole, database: names.database });
		expect(await logsIn(vault, "db-password", names.role)).toBe("in");
		expect(dev!.owner.get("db-password-pending")).toMatchObject({ enabled: false, tags: { target: "dev-db" } });
		expect(vault.owner.get("db-password-pending")).toBeUndefined();

		const records = await auditLog(stack());
		const of = (subject: string) => records.filter((record) => record.subject === subject).map(({ data }) => data);
		expect(of("dev-db").filter(({ step }) => step === "setSecret")).toHaveLength(2);
		expect(of("db-password").filter(({ step }) => step === "setSecret")).toEqual([]);
		expect(await rotationOf(stack(), "db-password")).toBeUndefined();
		const { alreadyRunning, rotationId: mine } = await post("db-password", { dryRun: true, force: true });
		expect(alreadyRunning).toBeUndefined();
		expect(await ended(mine)).toMatchObject({ outcome: "planned", code: "forced" });
	},
	6 * minutes,
);

test(
	"the sweep looks at each in its own vault, and finds nobody without an entry",
	async () => {
		const { host, keys } = stack();
		const headers = { "x-functions-key": keys.master, "content-type": "application/json" };
		const live = (vault: Vault, name: string) => vault.owner.get(name)!.version;
		// Read before the sweep, which starts a rotation of "db-password": that may end before the report is read.
		const [longs, devs, mains] = [
			live(stack().vault, long),
			live(dev!, "db-password"),
			live(stack().vault, "db-password"),
		];
		const sweep = await fetch(`${host?.url}/admin/functions/sweep`, { method: "POST", headers, body: "{}" });
		expect(sweep.status).toBe(202);
		const report = await until("the report", 180, () =>
			complianceOf<{ at: string } & Record<string, unknown>>(stack()),
		);
		expect(report.secrets).toEqual(
			expect.arrayContaining([
				expect.objectContaining({ secret: long, state: "compliant", version: longs }),
				expect.objectContaining({ secret: "dev-db", state: "compliant", version: devs }),
				expect.objectContaining({ secret: "db-password", version: mains }),
			]),
		);
		expect(report.unmanaged).not.toContainEqual(expect.objectContaining({ secret: "db-password" }));
		expect(report.unmanaged).not.toContainEqual(expect.objectContaining({ secret: long }));
	},
	6 * minutes,
);
