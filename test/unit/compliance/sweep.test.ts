import { expect, test } from "@jest/globals";
import { Fault } from "../../../src/lib/domain/fault.ts";
import type { Rotations } from "../../../src/lib/ports/orchestration.ts";
import { lookAt } from "../../../src/lib/triggers/look.ts";
import { sweep } from "../../support/sweep.ts";
import { inDays, world } from "../triggers/world.ts";

/** Both secrets are there; `db-password` expires in so many days. */
function seeded(days: number) {
	const made = world();
	const version = made.vaults.main.seed("db-password", "iceberg", { expires: inDays(days) });
	made.vaults.side.seed("side-password", "lifeboat", { expires: inDays(90) });
	return { ...made, version };
}

test.each([
	["compliant", 90, 60, "none"],
	["due", 30, 0, "started"],
	["due", 29, -1, "started"],
	["expired", 0, -30, "started"],
	["expired", -3, -33, "started"],
])("a secret that is %s, expiring in %i days, is due in %i days: %s", async (state, days, dueInDays, action) => {
	const { call, durable, version } = seeded(days);
	const { secrets } = await sweep(call);
	const started = durable.started();
	expect(started).toMatchObject(
		action === "none" ? [] : [{ orchestrator: "rotate", seenVersion: version, force: false }],
	);
	expect(secrets).toEqual([
		{
			secret: "db-password",
			state,
			health: { state: "healthy" },
			version,
			expires: inDays(days).toISOString(),
			dueInDays,
			action,
			...(started[0] && { rotationId: started[0].rotationId }),
		},
		expect.objectContaining({ secret: "side-password", state: "compliant", action: "none" }),
	]);
});

test("a secret that never expires is due a period after it was created", async () => {
	const { call, vaults, durable } = world();
	vaults.main.seed("db-password", "iceberg", { created: inDays(-90) });
	vaults.side.seed("side-password", "lifeboat", { created: inDays(-89) });
	const { secrets } = await sweep(call);
	expect(secrets).toMatchObject([
		{ state: "due", dueInDays: 0 },
		{ state: "compliant", dueInDays: 1 },
	]);
	expect(durable.started()).toMatchObject([{ secret: "db-password" }]);
});

const rotation = "db-password.00000000-0000-4000-8000-000000000001";
const claims = (baseVersion: string) => ({ tags: { "rotation-id": rotation, "base-version": baseVersion } });

test("a rotation cut short is gone on with, although nothing is due", async () => {
	const { call, vaults, durable, version } = seeded(90);
	vaults.main.seed("db-password-pending", "newer", claims(version));
	expect((await sweep(call)).secrets[0]).toMatchObject({
		state: "compliant",
		health: { state: "cut-short" },
		action: "started",
	});
	expect(durable.started()).toMatchObject([{ secret: "db-password", actor: { kind: "timer" } }]);
});

test("a rotation cut short is gone on with, although the live secret was disabled meanwhile", async () => {
	const { call, vaults, database, durable } = world();
	const version = vaults.main.seed("db-password", "iceberg", { enabled: false });
	database.alterRole("titanic_admin", { password: "newer" });
	vaults.main.seed("db-password-pending", "newer", claims(version));
	expect((await sweep(call)).secrets[0]).toMatchObject({
		state: "unreadable",
		problem: { code: "secret-disabled" },
		action: "started",
	});
	expect(durable.started()).toMatchObject([{ secret: "db-password" }]);
});

/** Rotated once: `db-password` is live with our tags, and expires in so many days. */
function rotatedOnce(days: number) {
	const made = world();
	const { main, side } = made.vaults;
	side.seed("side-password", "lifeboat", { expires: inDays(90) });
	const first = main.seed("db-password", "before", { created: inDays(-40) });
	const tags = { "rotation-id": rotation, "previous-version": first };
	const version = main.seed("db-password", "iceberg", { tags, created: inDays(-30), expires: inDays(days) });
	main.seed("db-connection-string", "iceberg", { tags: { "rotation-id": rotation } });
	void made.records.saveRotation(ended(version, "completed"));
	return { ...made, version };
}

test("a secret as the last rotation left it has no drift, and costs one login", async () => {
	const { call, ports, database } = rotatedOnce(90);
	let logins = 0;
	const accepts: typeof database.database.accepts = (credential) => {
		logins++;
		return database.database.accepts(credential);
	};
	const counted = { ...ports, database: async () => ({ ...database.database, accepts }) };
	const { secrets } = await sweep({ ...call, ports: counted });
	expect(secrets.map(({ drift, problem }) => ({ drift, problem }))).toEqual([{}, {}]);
	expect(logins).toBe(2);
});

test("drift is in the report with its next step, once on the audit log and in the app's log, and starts nothing", async () => {
	const { call, database, durable, audited, lines } = rotatedOnce(90);
	database.alterRole("titanic_admin", { password: "by-hand" });
	const { secrets } = await sweep(call);
	expect(secrets[0]).toMatchObject({
		state: "compliant",
		health: { state: "drifted", code: "database-changed-by-hand" },
		action: "none",
		drift: [{ code: "database-changed-by-hand", next: expect.stringContaining("rotator reconcile") }],
	});
	expect(audited()).toEqual(["sweep note database-changed-by-hand db-password", "sweep note swept (none)"]);
	expect(lines[0]).toMatch(/^warning: db-password: drift: database-changed-by-hand/);
	expect(durable.started()).toEqual([]);
	await sweep({ ...call, attempt: "invocation-2" });
	expect(audited().filter((note) => note.includes("database-changed-by-hand"))).toHaveLength(2);
});

test("a secret that is due is held back while it has drifted: a rotation would put an end to what a person meant", async () => {
	const { call, vaults, durable } = rotatedOnce(3);
	vaults.main.seed("db-password", "by-hand", { expires: inDays(3) });
	expect((await sweep(call)).secrets[0]).toMatchObject({
		state: "due",
		action: "held-back",
		drift: [{ code: "live-changed-by-hand" }, { code: "derived-changed-by-hand" }],
	});
	expect(durable.started()).toEqual([]);
});

test("while something runs for a secret nothing about it is drift", async () => {
	const { call, database, durable, audited } = rotatedOnce(90);
	database.alterRole("titanic_admin", { password: "set-by-the-rotation" });
	await call.rotations.start({
		rotationId: "db-password.00000000-0000-4000-8000-000000000009",
		secret: "db-password",
		kind: "rotate",
		actor: { kind: "timer" },
		force: true,
		dryRun: false,
		requestedAt: inDays(0).toISOString(),
	});
	expect(durable.started()).toHaveLength(1);
	expect((await sweep(call)).secrets[0]).not.toHaveProperty("drift");
	expect(audited()).toEqual(["sweep note swept (none)"]);
});

test.each([
	["begins", "Running"],
	["begins and ends", "Completed"],
])("what is seen while a rotation %s is not told", async (_, runtimeStatus) => {
	const { call, ports, database, durable, audited } = rotatedOnce(90);
	database.alterRole("titanic_admin", { password: "set-by-the-rotation" });
	const request = {
		rotationId: "db-password.00000000-0000-4000-8000-000000000009",
		secret: "db-password",
		kind: "rotate",
		actor: { kind: "timer" },
		force: true,
		dryRun: false,
		requestedAt: inDays(0).toISOString(),
	} as const;
	const racing = {
		...ports,
		database: async () => {
			await call.rotations.start(request);
			durable.instance("db-password")!.runtimeStatus = runtimeStatus;
			return database.database;
		},
	};
	expect((await sweep({ ...call, ports: racing })).secrets[0]).not.toHaveProperty("drift");
	expect(audited()).toEqual(["sweep note swept (none)"]);
});

test("a database that is down is a problem of the report, and no drift", async () => {
	const { call, database } = rotatedOnce(90);
	database.cut();
	const [entry] = (await sweep(call)).secrets;
	expect(entry).toMatchObject({ state: "compliant", action: "none", problem: { code: "server-unreachable" } });
	expect(entry).not.toHaveProperty("drift");
});

test("a pending password that the database has is a reason to rotate, also where a disabled one covers it", async () => {
	const { call, vaults, database, durable, version } = rotatedOnce(90);
	database.alterRole("titanic_admin", { password: "newer" });
	const tags = { "rotation-id": rotation.replace("0001", "0002"), "base-version": version };
	vaults.main.seed("db-password-pending", "newer", { tags });
	vaults.main.seed("db-password-pending", "newest", { enabled: false, tags });
	expect((await sweep(call)).secrets[0]).toMatchObject({ state: "compliant", action: "started" });
	expect(durable.started()).toMatchObject([{ secret: "db-password", kind: "rotate" }]);
});

test("a pending secret of a rotation that did not make the live version is no reason to rotate", async () => {
	const { call, vaults, durable } = rotatedOnce(90);
	vaults.main.seed("db-password-pending", "planted", claims("f".repeat(32)));
	expect((await sweep(call)).secrets[0]).toMatchObject({ state: "compliant", action: "none" });
	expect(durable.started()).toEqual([]);
});

test("the pending secret of a rotation that ended is no reason to rotate", async () => {
	const { call, vaults, durable, version } = seeded(90);
	vaults.main.seed("db-password-pending", "used", { enabled: false, ...claims(version) });
	await sweep(call);
	expect(durable.started()).toEqual([]);
});

test("a pending secret that no rotation claims is no reason to rotate", async () => {
	const { call, vaults, durable } = seeded(90);
	vaults.main.seed("db-password-pending", "nobody's", { tags: { target: "db-password" } });
	await sweep(call);
	expect(durable.started()).toEqual([]);
});

test("the open steps of a rotation that began while its secret was looked at are left to it", async () => {
	const { call, audit } = rotatedOnce(90);
	const step = { rotationId: "db-password.x", step: "plan", attempt: "run-1", secretName: "db-password" } as const;
	await audit.append({ ...step, phase: "intent", actor: { kind: "timer" } });
	let asked = 0;
	const rotations: Rotations = {
		...call.rotations,
		running: async (secret) =>
			secret === "db-password" && ++asked > 1 ? ({ rotationId: "db-password.x" } as never) : undefined,
	};
	await sweep({ ...call, rotations });
	expect(asked).toBe(2);
	expect(audit.records.filter(({ data }) => data.phase === "outcome")).toEqual([]);
	await sweep({ ...call, attempt: "invocation-2" });
	expect(audit.records.filter(({ data }) => data.phase === "outcome")).toMatchObject([{ data: { step: "plan" } }]);
});

test("a rotation that cannot be started is a problem of its secret, and the sweep goes on to its end", async () => {
	const { call, records } = seeded(29);
	const rotations: Rotations = {
		...call.rotations,
		start: async ({ secret }) => {
			throw new Fault("durable-unavailable", { secret });
		},
	};
	const { secrets } = await sweep({ ...call, rotations });
	expect(secrets[0]).toMatchObject({ state: "due", action: "none", problem: { code: "durable-unavailable" } });
	expect(await records.lastReport()).toMatchObject({ secrets: [{ action: "none" }, {}] });
});

test("a due secret whose rotation runs is left alone, and no request is recorded", async () => {
	const { call, durable, audited } = seeded(29);
	await sweep(call);
	const [first] = durable.started();
	const before = audited().length;
	expect((await sweep({ ...call, attempt: "invocation-2" })).secrets[0]).toMatchObject({
		action: "already-running",
		rotationId: first?.rotationId,
	});
	expect(durable.started()).toEqual([first]);
	expect(audited().slice(before)).toEqual(["sweep note swept (none)"]);
});

test.each([
	["absent", "secret-missing", () => {}],
	[
		"disabled",
		"secret-disabled",
		(vaults: ReturnType<typeof world>["vaults"]) => void vaults.main.seed("db-password", "x", { enabled: false }),
	],
	[
		"without a value",
		"secret-empty",
		(vaults: ReturnType<typeof world>["vaults"]) => void vaults.main.seed("db-password", ""),
	],
	[
		"deleted, recoverably,",
		"secret-deleted",
		(vaults: ReturnType<typeof world>["vaults"]) => {
			vaults.main.seed("db-password", "x");
			vaults.main.remove("db-password");
		},
	],
	[
		"forbidden",
		"vault-forbidden",
		(vaults: ReturnType<typeof world>["vaults"]) => void vaults.main.deny("read", "db-password"),
	],
])("a secret that is %s is reported as unreadable with %s", async (_, code, prepare) => {
	const { call, vaults, durable } = world();
	prepare(vaults);
	expect((await sweep(call)).secrets[0]).toMatchObject({ state: "unreadable", action: "none", problem: { code } });
	expect(durable.started()).toEqual([]);
});

const earlier = {
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: "2026-05-01T06:00:00.000Z",
	steps: [],
	outcome: "completed",
	code: "near-expiry",
	version: "1".padStart(32, "0"),
} as const;

test("a secret that is being deleted is not told as one that never was, and after a minute it is deleted", async () => {
	const { call, vaults, records } = seeded(90);
	await records.saveRotation(earlier);
	const end = vaults.main.beginRemoving("db-password");
	expect((await sweep(call)).secrets[0]).toMatchObject({
		state: "unreadable",
		action: "none",
		problem: { code: "secret-nowhere", next: expect.stringContaining("look again in a minute") },
	});
	end();
	expect((await sweep(call)).secrets[0]).toMatchObject({
		state: "unreadable",
		problem: { code: "secret-deleted" },
		drift: [{ code: "live-deleted" }],
	});
});

test("a secret that was purged stays nowhere; one that no rotation ever published is missing, or is being deleted", async () => {
	const { call, vaults, records } = seeded(90);
	await records.saveRotation(earlier);
	vaults.main.purge("db-password");
	vaults.side.beginRemoving("side-password");
	const { secrets } = await sweep(call);
	expect(secrets.map(({ problem }) => problem?.code)).toEqual(["secret-nowhere", "secret-missing"]);
	expect(secrets[1]?.problem?.next).toMatch(/^Was it deleted just now, look again in a minute\./);
});

test("where the records are not to be had either, a secret that is nowhere is missing, or is being deleted", async () => {
	const { call, vaults, records } = seeded(90);
	await records.saveRotation(earlier);
	vaults.main.beginRemoving("db-password");
	records.cut();
	const looked = await lookAt(call.ports, "db-password");
	expect(looked).toMatchObject({ state: "unreadable", problem: { code: "secret-missing" } });
});

test("a secret deleted while its newest version was disabled is told as deleted", async () => {
	const { call, vaults } = seeded(90);
	vaults.main.seed("db-password", "x", { enabled: false });
	vaults.main.remove("db-password");
	expect((await sweep(call)).secrets[0]).toMatchObject({
		state: "unreadable",
		problem: { code: "secret-deleted" },
		drift: [{ code: "live-deleted" }],
	});
});

test("what Key Vault keeps for a certificate is no secret without an entry, whatever its tags are", async () => {
	const { call, vaults } = seeded(90);
	vaults.main.seedCertificate("tls-certificate", { tags: { rotation: "90days" } });
	expect((await sweep(call)).unmanaged).toEqual([]);
});

test("a vault that is down stops neither the other vault's secrets nor the report", async () => {
	const { call, vaults, records, durable } = world();
	vaults.main.cut();
	vaults.side.seed("side-password", "lifeboat", { expires: inDays(1) });
	const report = await sweep(call);
	expect(report).toMatchObject({
		secrets: [
			{ state: "unreadable", problem: { code: "vault-unreachable" } },
			{ state: "due", action: "started" },
		],
		problems: [{ code: "vault-unreachable" }],
	});
	expect(durable.started()).toMatchObject([{ secret: "side-password" }]);
	expect(await records.lastReport()).toEqual(JSON.parse(JSON.stringify(report)));
});

test("secrets tagged rotation without an entry are named, and none of the rotator's own", async () => {
	const { call, vaults } = seeded(90);
	const tagged = { tags: { rotation: "90days" } };
	for (const name of ["Forgotten", "forgotten-pending", "DB-connection-string", "side-password"])
		vaults.main.seed(name, "x", tagged);
	vaults.main.seed("untagged", "x");
	vaults.side.seed("db-password", "x", tagged);
	expect((await sweep(call)).unmanaged).toEqual([
		{ vault: "main", secret: "Forgotten", rotation: "90days" },
		// An entry is of one vault: the same name in another one is no managed secret.
		{ vault: "main", secret: "side-password", rotation: "90days" },
		{ vault: "side", secret: "db-password", rotation: "90days" },
	]);
});

test("a broken configuration is recorded, reported, and starts nothing", async () => {
	const { call, records, durable, audited, breakConfiguration } = seeded(0);
	breakConfiguration();
	await sweep(call);
	expect(durable.started()).toEqual([]);
	expect(await records.lastReport()).toMatchObject({ secrets: [], problems: [{ code: "configuration-invalid" }] });
	expect(audited()).toEqual(["trigger note configuration-invalid (none)", "sweep note swept (none)"]);
});

test("while a newer configuration is broken, the last good one is swept, and the report says so once", async () => {
	const { call, records, passOver } = seeded(0);
	passOver();
	await sweep(call);
	const report = await records.lastReport();
	expect(report?.secrets).not.toEqual([]);
	expect(report?.problems).toMatchObject([
		{ code: "configuration-passed-over", message: expect.stringMatching(/2026-11-20.*c0ffee.*secrets: is 3/) },
	]);
});

test("with the audit log down nothing starts, and the sweep fails for all to see", async () => {
	const { call, audit, durable } = seeded(0);
	audit.cut();
	await expect(sweep(call)).rejects.toMatchObject({ problem: { code: "audit-unavailable" } });
	expect(durable.started()).toEqual([]);
});

test("with the durable storage down the report says so", async () => {
	const { call, durable, records } = seeded(0);
	durable.cut();
	await sweep(call);
	expect((await records.lastReport())?.secrets[0]).toMatchObject({
		state: "expired",
		action: "none",
		problem: { code: "durable-unavailable" },
	});
});

test("no value gets into the report, the log or the audit", async () => {
	const { call, vaults, audit, lines, version } = seeded(29);
	vaults.main.seed("db-password-pending", "newer-iceberg", claims(version));
	const report = await sweep(call);
	expect(JSON.stringify([report, audit.lines, lines])).not.toMatch(/iceberg|lifeboat/);
});

const ended = (version: string, outcome: "completed" | "published-not-delivered") => ({
	rotationId: "db-password.00000000-0000-4000-8000-000000000001",
	secret: "db-password",
	kind: "rotate" as const,
	requestedBy: { kind: "timer" as const },
	requestedAt: inDays(-1).toISOString(),
	endedAt: inDays(-1).toISOString(),
	steps: [],
	outcome,
	version,
});

test("a version that some consumer did not get is delivered again, without a new password", async () => {
	const { call, durable, version } = seeded(90);
	await (await call.ports.records()).saveRotation(ended(version, "published-not-delivered"));
	expect((await sweep(call)).secrets[0]).toMatchObject({ state: "compliant", action: "delivering" });
	expect(durable.started()).toMatchObject([{ orchestrator: "deliver", secret: "db-password" }]);
});

test("a delivery that failed for an older version is history", async () => {
	const { call, durable } = seeded(90);
	await (await call.ports.records()).saveRotation(ended("0".repeat(32), "published-not-delivered"));
	expect((await sweep(call)).secrets[0]).toMatchObject({ action: "none" });
	expect(durable.started()).toEqual([]);
});

test("a version that was delivered is left alone", async () => {
	const { call, durable, version } = seeded(90);
	await (await call.ports.records()).saveRotation(ended(version, "completed"));
	expect((await sweep(call)).secrets[0]).toMatchObject({ action: "none" });
	expect(durable.started()).toEqual([]);
});

test("a sweep ends with a signed head over its own record", async () => {
	const { call, audit, heads } = seeded(90);
	expect((await sweep(call)).problems).toEqual([]);
	const { seq, hash, step } = audit.records.at(-1)!.data;
	expect(step).toBe("sweep");
	expect(heads.copy).toMatchObject([{ head: { seq, hash } }]);
	expect(heads.beside).toEqual(heads.copy);
});

test("blobs that somebody has put beside the audit log are in the report, and stop nothing", async () => {
	const { call, audit } = seeded(90);
	audit.strangers.push(...Array.from({ length: 7 }, (_, at) => `audit/9999-0${at + 1}.ndjson`));
	const { problems, secrets } = await sweep(call);
	expect(problems).toMatchObject([{ code: "audit-beside" }]);
	expect(problems[0]?.message).toContain("audit/9999-05.ndjson and 2 more");
	expect(secrets).toHaveLength(2);
});

test("a head that cannot be signed is in the report and on the log, and the next sweep signs", async () => {
	const { call, audited, heads, records } = seeded(90);
	const key = "https://titanic-kv-prod.vault.azure.net/keys/audit-head";
	const mend = heads.refuse("sign", new Fault("signing-forbidden", { key }));
	expect((await sweep(call)).problems).toMatchObject([{ code: "signing-forbidden" }]);
	expect(await records.lastReport()).toMatchObject({ problems: [{ code: "signing-forbidden" }] });
	expect(audited()).toContain("signHead note signing-forbidden (none)");
	mend();
	expect((await sweep({ ...call, attempt: "invocation-2" })).problems).toEqual([]);
	expect(heads.copy).toHaveLength(1);
});

test.each([
	["head-unsigned", { signer: undefined }],
	["head-uncopied", { copy: undefined }],
])("an app without that part is told so in every report: %s", async (code, without) => {
	const { call, heads, records } = seeded(90);
	const ports = { ...call.ports, heads: async () => ({ ...heads.heads, ...without }) };
	await sweep({ ...call, ports });
	expect(await records.lastReport()).toMatchObject({ problems: [{ code }] });
});
