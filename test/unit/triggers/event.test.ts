import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Configuration } from "../../../src/lib/config/configuration.ts";
import { type RotationStatus, waitingStatus } from "../../../src/lib/domain/rotation.ts";
import { decideEvent } from "../../../src/lib/triggers/event.ts";
import { onEvent } from "../../../src/lib/triggers/on-event.ts";
import { requestRotation } from "../../../src/lib/triggers/request.ts";
import { configuration, inDays, world } from "./world.ts";

const config = Configuration.parse(configuration);
const version = "0123456789abcdef0123456789abcdef";
const data = {
	Id: `https://titanic-kv-prod.vault.azure.net/secrets/db-password/${version}`,
	VaultName: "titanic-kv-prod",
	ObjectType: "Secret",
	ObjectName: "db-password",
	Version: version,
	NBF: null,
	EXP: 1783000000,
};
const gridEvent = (changes: object = {}, dataChanges: object = {}) => ({
	id: "00eccf70-95a7-4e7c-8299-2eb17ee9ad64",
	topic: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/titanic-kv-prod",
	subject: "db-password",
	eventType: "Microsoft.KeyVault.SecretNearExpiry",
	eventTime: "2026-06-01T06:00:00Z",
	data: { ...data, ...dataChanges },
	dataVersion: "1",
	metadataVersion: "1",
	...changes,
});
const cloudEvent = ({ eventType: type, topic: source, eventTime: time, ...rest } = gridEvent()) => ({
	...rest,
	specversion: "1.0",
	type,
	source,
	time,
});
const rotate = { act: "rotate", secret: "db-password", seenVersion: version, eventId: gridEvent().id };

const spaced = (event: object): object =>
	Object.fromEntries(
		Object.entries(event).map(([key, value]) => [
			` ${key} `,
			typeof value === "string" ? ` ${value} ` : value && typeof value === "object" ? spaced(value) : value,
		]),
	);

test.each<[string, object]>([
	["in Event Grid's schema", gridEvent()],
	["as a CloudEvent", cloudEvent()],
	["of an expired secret", gridEvent({ eventType: "Microsoft.KeyVault.SecretExpired" })],
	["with stray spaces in keys and values", spaced(gridEvent())],
	["with stray spaces in a CloudEvent", spaced(cloudEvent())],
	[
		"with keys in another case, as trigger metadata has them",
		gridEvent({
			data: {
				vaultName: "Titanic-KV-Prod",
				objectName: "DB-Password",
				objectType: "secret",
				version: version.toUpperCase(),
			},
		}),
	],
	["with a key twice, of which the first counts", gridEvent({ data: { ...data, " version ": "f".repeat(32) } })],
	["with EXP as text", gridEvent({}, { EXP: "1783000000" })],
	["with neither EXP nor NBF", gridEvent({}, { EXP: undefined, NBF: undefined })],
	["with fields that nobody knows", gridEvent({ extra: [1] }, { Extra: {} })],
])("an event %s rotates the secret it names", (_, event) => {
	expect(decideEvent(event, config)).toEqual(rotate);
});

test("a vault is known by its name in Azure, whatever its URL", () => {
	const event = gridEvent({}, { VaultName: "titanic-kv-side", ObjectName: "side-password" });
	expect(decideEvent(event, config)).toMatchObject({ act: "rotate", secret: "side-password" });
});

test.each<[string, unknown, string]>([
	["about an unknown secret", gridEvent({}, { ObjectName: "other" }), "event-foreign"],
	["about an unknown vault", gridEvent({}, { VaultName: "other" }), "event-foreign"],
	["about a secret of another configured vault", gridEvent({}, { VaultName: "titanic-kv-side" }), "event-foreign"],
	["about a derived secret", gridEvent({}, { ObjectName: "db-connection-string" }), "event-foreign"],
	["about a property of every object", gridEvent({}, { ObjectName: "constructor" }), "event-foreign"],
	["about the pending secret", gridEvent({}, { ObjectName: "db-password-pending" }), "event-pending"],
	["about the pending secret in capitals", gridEvent({}, { ObjectName: "DB-PASSWORD-PENDING " }), "event-pending"],
	["about a key", gridEvent({}, { ObjectType: "Key" }), "event-kind"],
	["of another kind", gridEvent({ eventType: "Microsoft.Storage.BlobCreated" }), "event-kind"],
	["without a type", gridEvent({ eventType: undefined }), "event-malformed"],
	["without data", gridEvent({ data: undefined }), "event-malformed"],
	["without a version", gridEvent({}, { Version: "" }), "event-malformed"],
	["with a version that is none", gridEvent({}, { Version: "latest" }), "event-malformed"],
	["with a number for a name", gridEvent({}, { ObjectName: 7 }), "event-malformed"],
	["that is a text", "SecretNearExpiry", "event-malformed"],
	["that is null", null, "event-malformed"],
])("an event %s is ignored", (_, event, code) => {
	expect(decideEvent(event, config)).toMatchObject({ act: "ignore", code });
});

test("an event about a new version is looked at, and rotates nothing by itself", () => {
	const event = gridEvent({ eventType: "Microsoft.KeyVault.SecretNewVersionCreated" });
	expect(decideEvent(event, config)).toEqual({ ...rotate, act: "look" });
});

const newVersion = (seen: string) =>
	gridEvent({ eventType: "Microsoft.KeyVault.SecretNewVersionCreated" }, { Version: seen });
const rotationId = "db-password.00000000-0000-4000-8000-000000000001";
const ours = { tags: { "rotation-id": rotationId } };

const recordOf = (version: string): RotationStatus => ({
	rotationId,
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: inDays(0).toISOString(),
	steps: [],
	outcome: "completed",
	version,
});

test("a new version that no rotation made is told as drift, with the next step, and rotates nothing", async () => {
	const { call, vaults, durable, audited, lines } = world();
	vaults.main.seed("db-password", "iceberg", { ...ours, created: inDays(-9) });
	await onEvent(newVersion(vaults.main.seed("db-password", "by-hand")), call);
	expect(durable.started()).toEqual([]);
	expect(audited()).toEqual(["trigger note live-changed-by-hand db-password"]);
	expect(lines).toEqual([
		expect.stringMatching(/^warning: db-password: drift: live-changed-by-hand: .*rotator reconcile/),
	]);
	expect(lines.join()).not.toContain("by-hand by-hand");
});

test.each<[string, (vault: ReturnType<typeof world>["vaults"]["main"]) => string]>([
	["that a rotation set back", (vault) => vault.seed("db-password", "x", { tags: { "previous-version": "p" } })],
	["of a secret that was never rotated", (vault) => vault.seed("db-password", "iceberg")],
	[
		"that has a newer one",
		(vault) => {
			const version = vault.seed("db-password", "by-hand", { created: inDays(-1) });
			vault.seed("db-password", "newer", ours);
			return version;
		},
	],
	["that is gone", () => "f".repeat(32)],
])("an event about a new version %s is no drift", async (_, seed) => {
	const { call, vaults, durable, audited, records } = world();
	const version = seed(vaults.main);
	await records.saveRotation(recordOf(version));
	await onEvent(newVersion(version), call);
	expect(audited()).toEqual(["trigger note event-kind db-password"]);
	expect(durable.started()).toEqual([]);
});

test("a new version that a rotation made is no drift, and adds nothing to the log that the rotation writes", async () => {
	const { call, vaults, durable, audited, records, lines } = world();
	const version = vaults.main.seed("db-password", "iceberg", ours);
	await records.saveRotation(recordOf(version));
	await onEvent(newVersion(version), call);
	expect(audited()).toEqual([]);
	expect(lines).toEqual([expect.stringContaining("db-password: a new version of the rotator's own")]);
	expect(durable.started()).toEqual([]);
});

test("a new version with a rotation's tag that no record has is told as drift: anyone who may write the secret can write tags", async () => {
	const { call, vaults, audited, records } = world();
	const first = vaults.main.seed("db-password", "iceberg", { ...ours, created: inDays(-9) });
	await records.saveRotation(recordOf(first));
	await onEvent(newVersion(vaults.main.seed("db-password", "planted", ours)), call);
	expect(audited()).toEqual(["trigger note live-changed-by-hand db-password"]);
});

test("while a rotation runs, a version with a tag of ours is left to it", async () => {
	const { call, vaults, audited } = world();
	const version = vaults.main.seed("db-password", "iceberg", { expires: inDays(1) });
	await onEvent(gridEvent({}, { Version: version }), call);
	const before = audited().length;
	await onEvent(newVersion(vaults.main.seed("db-password", "newer", ours)), call);
	expect(audited().slice(before)).toEqual([]);
});

test("a version with a tag of ours is told as drift while a rotation delivers the one that it has published", async () => {
	const { call, vaults, audited, durable } = world();
	const first = vaults.main.seed("db-password", "iceberg", { created: inDays(-9), expires: inDays(1) });
	await onEvent(gridEvent({}, { Version: first }), call);
	const published = vaults.main.seed("db-password", "newer", { ...ours, created: inDays(-1) });
	const { rotationId } = durable.started()[0]!;
	const customStatus = { rotationId, steps: [], version: published };
	Object.assign(durable.instance("db-password")!, { runtimeStatus: "Running", customStatus });
	const before = audited().length;
	await onEvent(newVersion(published), call);
	expect(audited().slice(before)).toEqual([]);
	await onEvent(newVersion(vaults.main.seed("db-password", "planted", ours)), call);
	expect(audited().slice(before)).toEqual(["trigger note live-changed-by-hand db-password"]);
});

test("an event about a new version comes again while the vault is down, and not where the right is lacking", async () => {
	const { call, vaults, audited } = world();
	const mend = vaults.main.cut();
	await expect(onEvent(newVersion(version), call)).rejects.toMatchObject({ code: "vault-unreachable" });
	mend();
	vaults.main.deny("list");
	await onEvent(newVersion(version), call);
	expect(audited()).toEqual(["trigger note vault-forbidden db-password"]);
});

test("whatever comes, it is a decision, names configured secrets only, and repeats no text of the sender's", () => {
	const names = ["db-password", "db-password-pending", "other", "__proto__", "constructor", ""];
	const word = fc.oneof(
		fc.constantFrom(...names, "titanic-kv-prod", "titanic-kv-side", "Secret", version),
		fc.string(),
	);
	const field = fc.oneof(word, fc.jsonValue(), fc.constant(undefined));
	const event = fc.record(
		{
			id: field,
			eventType: fc.oneof(
				fc.constantFrom("NearExpiry", "Expired", "NewVersionCreated").map((kind) => `Microsoft.KeyVault.Secret${kind}`),
				field,
			),
			type: field,
			data: fc.oneof(
				fc.record(
					{ VaultName: field, ObjectType: field, ObjectName: field, Version: field, EXP: field },
					{ requiredKeys: [] },
				),
				field,
			),
		},
		{ requiredKeys: [] },
	);
	fc.assert(
		fc.property(fc.oneof(event, fc.anything(), gridEventWith(field)), (given) => {
			const decision = decideEvent(given, config);
			if (decision.secret !== undefined) expect(Object.keys(config.secrets)).toContain(decision.secret);
			if (decision.act !== "ignore") expect(decision.seenVersion).toMatch(/^[0-9a-f]{32}$/);
			else expect(decision.sentence).toMatch(/^(The event|A new version)[\w ',-]*\.$/);
			expect(decision.eventId ?? "id").toMatch(/^[\w.:-]{1,128}$/);
		}),
		{ numRuns: 1000 },
	);
});

/** In every text of the sender's own. */
const marker = "§iceberg§";
/** Any JSON at all, made of the words that count, of texts of the sender's, and of the names that objects trip over. */
const anyJson = fc.letrec((tie) => {
	const own = fc.string().map((text) => text + marker);
	const word = fc.constantFrom(
		...Object.values(data),
		...["NearExpiry", "Expired", "NewVersionCreated"].map((what) => `Microsoft.KeyVault.Secret${what}`),
		...["DB-PASSWORD", "side-password", "titanic-kv-side", "db-connection-string", "pg", "titanic_admin", " "],
	);
	const key = fc.oneof(
		fc.constantFrom(...Object.keys(data), "eventType", "type", "data", "id", "secret", "database", "workload"),
		fc.constantFrom("__proto__", "constructor", "prototype", "toString", "length"),
		own,
	);
	const fields = fc.array(fc.tuple(key, tie("json")), { maxLength: 8 });
	// By text, so that `__proto__` becomes a field of its own, as in what arrives.
	const object = fields.map((entries) =>
		JSON.parse(`{${entries.map((entry) => entry.map((part) => JSON.stringify(part)).join(":")).join(",")}}`),
	);
	const json = fc.oneof(
		{ depthSize: "medium" },
		word,
		own,
		fc.constantFrom(null, true, 1e308),
		fc.array(tie("json")),
		object,
	);
	return { json };
}).json;

test("whatever an event is, it asks for nothing but a configured secret, and none of its texts is kept", async () => {
	const like = (make: (changes: object) => object) =>
		fc
			.tuple(fc.constantFrom("eventType", "type", "id", "data", "source"), anyJson)
			.map(([key, value]) => make({ [key]: value }));
	const dataLike = fc
		.tuple(fc.constantFrom(...Object.keys(data)), anyJson, anyJson)
		.map(([key, value, more]) => gridEvent({ more }, { [key]: value, more }));
	const event = fc.oneof(
		anyJson,
		like(gridEvent),
		like((changes) => ({ ...cloudEvent(), ...changes })),
		dataLike,
	);
	let rotations = 0;
	await fc.assert(
		fc.asyncProperty(event, async (given) => {
			const { call, durable, audit, lines } = world();
			await onEvent(given, call);
			for (const started of durable.started()) {
				const { secret, orchestrator, kind, dryRun, reason } = started;
				const force = started.kind === "rotate" && started.force;
				rotations++;
				expect(Object.keys(config.secrets)).toContain(secret);
				const asked = { orchestrator, kind, force, dryRun, reason };
				expect(asked).toEqual({ orchestrator: "rotate", kind: "rotate", force: false, dryRun: false });
			}
			// An event that asks is noted as received besides.
			expect(audit.records).toHaveLength(1 + durable.started().length);
			expect(JSON.stringify([durable.started(), audit.records, lines])).not.toContain("iceberg");
		}),
		{ numRuns: 300 },
	);
	expect(rotations).toBeGreaterThan(0);
});

/** A good event with one of its fields replaced: the way to the deepest checks. */
function gridEventWith(field: fc.Arbitrary<unknown>) {
	const keys = ["VaultName", "ObjectType", "ObjectName", "Version"] as const;
	return fc.tuple(fc.constantFrom(...keys), field).map(([key, value]) => gridEvent({}, { [key]: value }));
}

test("an accepted event is audited before its rotation is started", async () => {
	const { call, audit, durable, audited } = world();
	await onEvent(gridEvent(), call);
	expect(durable.started()).toMatchObject([
		{
			orchestrator: "rotate",
			secret: "db-password",
			seenVersion: version,
			force: false,
			dryRun: false,
			actor: { kind: "event-grid", id: rotate.eventId },
		},
	]);
	expect(audited()).toEqual(["trigger note event-received db-password", "trigger note rotate-requested db-password"]);
	expect(audit.records[1]?.data).toMatchObject({
		rotationId: durable.started()[0]?.rotationId,
		attempt: rotate.eventId,
		oldVersion: version,
		configHash: "c0ffee",
	});
});

test("the same event while its rotation runs starts nothing, is recorded as redelivered, and says which one runs", async () => {
	const { call, audit, durable, audited } = world();
	await onEvent(gridEvent(), call);
	await onEvent(cloudEvent(), { ...call, attempt: "invocation-2" });
	expect(durable.started()).toHaveLength(1);
	expect(audited()).toEqual([
		"trigger note event-received db-password",
		"trigger note rotate-requested db-password",
		"trigger note redelivered db-password",
		"trigger outcome already-running db-password",
	]);
	expect(audit.records.at(-1)?.data.correlationId).toBe(durable.started()[0]?.rotationId);
});

test("an ignored event is acknowledged and recorded, and each further delivery as one", async () => {
	const { call, durable, audited } = world();
	const foreign = gridEvent({}, { ObjectName: "other" });
	await onEvent(foreign, call);
	await onEvent(foreign, { ...call, attempt: "invocation-2" });
	await onEvent(foreign, { ...call, attempt: "invocation-3" });
	expect(durable.started()).toEqual([]);
	expect(audited()).toEqual([
		"trigger note event-foreign (none)",
		"trigger note redelivered (none)",
		"trigger note redelivered (none)",
	]);
});

test("a late event, a dry run or a delivery that runs already does not swallow an event that counts", async () => {
	const older = "0".repeat(32);
	const wishes = [{ seenVersion: older }, { dryRun: true }, { kind: "deliver" as const }];
	for (const wish of wishes) {
		const { call, durable } = world();
		const first = { secret: "db-password", kind: "rotate" as const, force: false, dryRun: false, ...wish };
		await requestRotation({ ...call, actor: { kind: "operator" } }, "c0ffee", first);
		const instance = durable.instance("db-password")!;
		const event = onEvent(gridEvent(), call);
		await durable.refused();
		instance.runtimeStatus = "Completed";
		await event;
		expect(durable.started()).toMatchObject([{ kind: "rotate", dryRun: false, seenVersion: version }]);
	}
});

test("an event that lost to a dry run at the same instant begins when that is over, though its start was accepted", async () => {
	const { call, audit, durable } = world();
	const dry = { secret: "db-password", kind: "rotate", force: false, dryRun: true } as const;
	durable.onStart(() => {
		const instance = durable.instance("db-password")!;
		if (instance.input.dryRun) instance.runtimeStatus = "Completed";
	});
	const [asked] = await Promise.all([
		requestRotation({ ...call, actor: { kind: "operator" } }, "c0ffee", dry),
		onEvent(gridEvent(), { ...call, attempt: "invocation-2" }),
	]);
	expect(asked.served).toBeUndefined();
	const [event] = durable.started();
	expect(event).toMatchObject({ dryRun: false, seenVersion: version });
	expect(audit.records.map(({ data }) => data)).toContainEqual(
		expect.objectContaining({ code: "rotate-requested", rotationId: event?.rotationId }),
	);
});

test("one that was over before it was looked at, and followed by another, has a record, and is not done again", async () => {
	const { call, audited, durable, records } = world();
	const wish = { secret: "db-password", kind: "rotate", force: true, dryRun: false } as const;
	const trigger = { ...call, actor: { kind: "operator" } } as const;
	let starts = 0;
	durable.onStart(() => {
		starts++;
		const instance = durable.instance("db-password")!;
		void records.saveRotation({ ...waitingStatus(instance.input), outcome: "completed" });
		instance.runtimeStatus = "Completed";
		instance.input = { ...instance.input, rotationId: "db-password.later" };
	});
	const { served } = await requestRotation(trigger, "c0ffee", wish);
	expect(served).toBeUndefined();
	expect(starts).toBe(1);
	expect(audited()).toEqual(["trigger note rotate-requested db-password"]);
});

test("what runs and is past its plan does what a trigger wants, whoever asked for it", async () => {
	const { call, durable, audited } = world();
	const wish = { secret: "db-password", kind: "rotate", force: false, dryRun: false } as const;
	const trigger = { ...call, actor: { kind: "operator" } } as const;
	const { request } = await requestRotation(trigger, "c0ffee", wish);
	const steps = ["plan", "createSecret"].map((name) => ({ name, ms: 1 }));
	Object.assign(durable.instance("db-password")!, {
		runtimeStatus: "Running",
		customStatus: { rotationId: request.rotationId, steps },
	});
	await onEvent(gridEvent(), call);
	expect(durable.started()).toHaveLength(1);
	expect(audited().at(-1)).toBe("trigger outcome already-running db-password");
});

test("an event under a broken configuration is acknowledged, recorded, and starts nothing", async () => {
	const { call, durable, audited, breakConfiguration } = world();
	breakConfiguration();
	await onEvent(gridEvent(), call);
	expect(durable.started()).toEqual([]);
	expect(audited()).toEqual(["trigger note configuration-invalid (none)"]);
});

test("with the audit log down nothing starts, and the event comes again", async () => {
	const { call, audit, durable } = world();
	const mend = audit.cut();
	await expect(onEvent(gridEvent(), call)).rejects.toMatchObject({ code: "audit-unavailable" });
	await expect(onEvent(gridEvent({ eventType: "Other" }), call)).rejects.toMatchObject({ code: "audit-unavailable" });
	expect(durable.started()).toEqual([]);
	mend();
	await onEvent(gridEvent(), call);
	expect(durable.started()).toHaveLength(1);
});

test("with the durable storage down the event comes again", async () => {
	const { call, durable } = world();
	durable.cut();
	await expect(onEvent(gridEvent(), call)).rejects.toMatchObject({ code: "durable-unavailable" });
});
