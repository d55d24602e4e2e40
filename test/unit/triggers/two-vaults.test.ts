// Two vaults, each with a secret `db-password` of its own: whatever comes about one of them is about that one.

import { HttpRequest } from "@azure/functions";
import { expect, test } from "@jest/globals";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { showRotation, startRotation } from "../../../src/lib/http/rotations.ts";
import { showSecret } from "../../../src/lib/http/secret.ts";
import { listSecrets } from "../../../src/lib/http/secrets.ts";
import { onEvent } from "../../../src/lib/triggers/on-event.ts";
import { sweep } from "../../support/sweep.ts";
import { configuration, inDays, world } from "./world.ts";

const { secrets } = configuration;
const { derived: _, ...main } = secrets["db-password"];
const config = {
	...configuration,
	secrets: { "db-password": main, "side-db": { ...secrets["side-password"], name: "db-password" } },
};
const vaultNames = { main: "titanic-kv-prod", side: "titanic-kv-side" };

function seeded(days = { main: 90, side: 90 }) {
	const made = world(config);
	const tags = { rotation: "90days" };
	return {
		...made,
		versions: {
			main: made.vaults.main.seed("db-password", "iceberg", { expires: inDays(days.main), tags }),
			side: made.vaults.side.seed("db-password", "lifeboat", { expires: inDays(days.side), tags }),
		},
	};
}

const eventOf = (vault: "main" | "side", version: string, type = "SecretNearExpiry") => ({
	id: `event-${vault}`,
	type: `Microsoft.KeyVault.${type}`,
	data: { VaultName: vaultNames[vault], ObjectType: "Secret", ObjectName: "db-password", Version: version },
});

const statusOf = (secret: string, changes: Partial<RotationStatus> = {}): RotationStatus => ({
	rotationId: `${secret}.00000000-0000-4000-8000-000000000001`,
	...{ secret, kind: "rotate", steps: [], outcome: "completed", code: "near-expiry" },
	...{ requestedBy: { kind: "timer" }, requestedAt: inDays(-1).toISOString(), endedAt: inDays(-1).toISOString() },
	...changes,
});

test.each([
	["main", "db-password"],
	["side", "side-db"],
] as const)("an event of vault %s is about %s", async (vault, secret) => {
	const { call, durable, audited, versions } = seeded();
	await onEvent(eventOf(vault, versions[vault]), call);
	expect(durable.started()).toMatchObject([{ secret, seenVersion: versions[vault] }]);
	expect(audited().at(-1)).toBe(`trigger note rotate-requested ${secret}`);
});

test("a version that somebody made in one vault is told of that one", async () => {
	const { call, vaults, records, audit } = seeded();
	const { rotationId } = statusOf("side-db");
	const tags = { "rotation-id": rotationId };
	vaults.side.seed("db-password", "lifeboat", { tags, created: inDays(-2) });
	const version = vaults.side.seed("db-password", "by hand");
	await records.saveRotation(statusOf("side-db"));
	await onEvent(eventOf("side", version, "SecretNewVersionCreated"), call);
	const { secretName, message } = audit.records.at(-1)!.data;
	expect({ secretName, message }).toEqual({
		secretName: "side-db",
		message: expect.stringMatching(/db-password .*vault side/),
	});
});

test("the sweep looks at each in its own vault, rotates the one that is due, and finds no stranger", async () => {
	const { call, durable, versions } = seeded({ main: 90, side: 10 });
	const report = await sweep(call);
	expect(report.secrets).toMatchObject([
		{ secret: "db-password", state: "compliant", version: versions.main, action: "none" },
		{ secret: "side-db", state: "due", version: versions.side, action: "started" },
	]);
	expect(report).toMatchObject({ unmanaged: [], problems: [] });
	expect(durable.started()).toMatchObject([{ secret: "side-db", seenVersion: versions.side }]);
	expect(durable.ids()).toEqual(["rotate-side-db"]);
});

test("a delivery that one lacks is made for that one", async () => {
	const { call, durable, records, versions } = seeded();
	const undelivered = { version: versions.side, outcome: "published-not-delivered" } as const;
	await records.saveRotation(statusOf("db-password", { version: versions.main }));
	await records.saveRotation(statusOf("side-db", undelivered));
	await sweep(call);
	expect(durable.started()).toMatchObject([{ orchestrator: "deliver", secret: "side-db" }]);
});

test("a rotation that was cut short in one vault is gone on with there", async () => {
	const { call, durable, vaults, versions } = seeded();
	const tags = { "rotation-id": statusOf("side-db").rotationId, "base-version": versions.side };
	vaults.side.seed("db-password-pending", "newer", { tags });
	await sweep(call);
	expect(durable.started()).toMatchObject([{ secret: "side-db" }]);
});

test("the API knows each by its id, and tells the vault and the name there", async () => {
	const { call, records, durable, versions } = seeded();
	const operators = async () => ({ id: "o", roles: ["Rotation.Read", "Rotation.Operate"] });
	const deps = { ...call, operators } as never;
	const asked = (params: Record<string, string>, method = "GET", body?: string) =>
		new HttpRequest({
			...{ method, url: "https://x/api", params },
			...(body && {
				headers: { "content-type": "application/json", "content-length": `${body.length}` },
				body: { bytes: Buffer.from(body) },
			}),
		});
	const shown = async (id: string) => JSON.parse(String((await showRotation(asked({ id }), deps)).body));
	for (const secret of ["db-password", "side-db"]) await records.saveRotation(statusOf(secret));
	const listed = JSON.parse(String((await listSecrets(asked({}), deps)).body));
	expect(listed.secrets).toMatchObject([
		{ secret: "db-password", vault: "main", name: "db-password" },
		{ secret: "side-db", vault: "side", name: "db-password" },
	]);
	for (const [id, vault] of Object.entries({ "db-password": "main", "side-db": "side" } as const)) {
		const one = JSON.parse(String((await showSecret(asked({ name: id }), deps)).body));
		expect(one).toMatchObject({ secret: id, vault, name: "db-password", version: versions[vault] });
		expect(await shown(one.last.rotationId)).toMatchObject({ secret: id });
	}
	const answer = await startRotation(asked({ name: "side-db" }, "POST", "{}"), deps);
	expect(answer.status).toBe(202);
	expect(durable.started()).toMatchObject([{ secret: "side-db" }]);
});
