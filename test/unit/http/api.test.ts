import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Fault, faultCodes } from "../../../src/lib/domain/fault.ts";
import type { RotationStatus } from "../../../src/lib/domain/rotation.ts";
import { answering } from "../../../src/lib/http/answer.ts";
import { maxBodyBytes } from "../../../src/lib/http/body.ts";
import { cancelRotation } from "../../../src/lib/http/cancellations.ts";
import { showCompliance } from "../../../src/lib/http/compliance.ts";
import { problemResponse } from "../../../src/lib/http/problem.ts";
import {
	showRotation,
	startDelivery,
	startReconciliation,
	startRollback,
	startRotation,
} from "../../../src/lib/http/rotations.ts";
import { showSecret } from "../../../src/lib/http/secret.ts";
import { listSecrets } from "../../../src/lib/http/secrets.ts";
import type { Rotations } from "../../../src/lib/ports/orchestration.ts";
import { sweep } from "../../support/sweep.ts";
import { inDays } from "../triggers/world.ts";
import { type Ask, api } from "./asking.ts";
import { oid } from "./tokens.ts";

const uuid = "2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";
const reader = { roles: ["Rotation.Read"] };

test("a rotation is accepted with its place, its status, and a record of who asked", async () => {
	await using made = await api();
	const { ask, audit, durable, azp } = made;
	const body = JSON.stringify({ reason: "the laptop was stolen", force: true });
	const answer = await ask(startRotation, { name: "db-password", body });
	const [started] = durable.started();
	expect(answer.status).toBe(202);
	expect(answer.headers.get("location")).toBe(`/api/rotations/${started?.rotationId}`);
	expect(answer.headers.get("operation-location")).toBe(`http://127.0.0.1/api/rotations/${started?.rotationId}`);
	expect(answer.body).toEqual({
		id: started?.rotationId,
		status: "NotStarted",
		rotationId: started?.rotationId,
		secret: "db-password",
		kind: "rotate",
		requestedBy: { kind: "operator", id: oid, appId: azp },
		requestedAt: "2026-06-01T06:00:00.000Z",
		expectedBy: "2026-06-01T06:02:00.000Z",
		reason: "the laptop was stolen",
		now: "waiting to begin",
		steps: [],
	});
	expect(started).toMatchObject({ orchestrator: "rotate", force: true, dryRun: false });
	expect(audit.records.map(({ data }) => data)).toEqual([
		expect.objectContaining({
			step: "trigger",
			code: "rotate-requested",
			rotationId: started?.rotationId,
			attempt: "invocation-1",
			message: "forced: the laptop was stolen",
		}),
	]);
});

test("an order without options asks for a rotation if it is due, however its content type says UTF-8", async () => {
	await using made = await api();
	const types = {
		"db-password": 'Application/JSON ; Charset="UTF-8"; version=1',
		"side-password": "application/json; charset=utf-8",
	};
	for (const [name, type] of Object.entries(types)) {
		const headers = { "content-type": type, "content-encoding": "identity" };
		expect(await made.ask(startRotation, { name, headers })).toMatchObject({ status: 202 });
	}
	expect(made.durable.started()).toMatchObject([
		{ secret: "db-password", force: false, dryRun: false },
		{ secret: "side-password", force: false, dryRun: false },
	]);
});

test("a delivery delivers, and takes no option of a rotation", async () => {
	await using made = await api();
	const { ask, durable } = made;
	expect(await ask(startDelivery, { name: "db-password", body: '{"force":true}' })).toMatchObject({
		status: 400,
		body: { code: "body-not-valid" },
	});
	expect(await ask(startDelivery, { name: "db-password" })).toMatchObject({ status: 202, body: { kind: "deliver" } });
	expect(durable.started()).toMatchObject([{ orchestrator: "deliver" }]);
});

test("a reconciliation is a dry run unless it says otherwise, and the log says who asked for which direction", async () => {
	await using made = await api();
	const { ask, durable, audit } = made;
	const dry = await ask(startReconciliation, { name: "db-password", body: '{"direction":"new-password"}' });
	expect(dry).toMatchObject({ status: 202, body: { kind: "reconcile", direction: "new-password" } });
	expect(dry.headers.get("location")).toBe(`/api/rotations/${dry.body.rotationId}`);
	expect(durable.started()).toMatchObject([{ orchestrator: "reconcile", direction: "new-password", dryRun: true }]);
	expect(audit.records.at(-1)?.data).toMatchObject({
		code: "reconcile-requested",
		message: "new-password, dry run",
		actor: { user: { uid: oid } },
	});
	durable.instance("db-password")!.runtimeStatus = "Completed";
	const body = '{"direction":"database-from-vault","dryRun":false,"reason":"backup restored"}';
	expect(await ask(startReconciliation, { name: "db-password", body })).toMatchObject({ status: 202 });
	expect(durable.started()).toMatchObject([{ orchestrator: "reconcile", dryRun: false }]);
	expect(audit.records.at(-1)?.data.message).toBe("database-from-vault: backup restored");
});

test.each([
	["without a direction", "{}"],
	["with an unknown direction", '{"direction":"vault-from-database"}'],
	["with a text for dryRun", '{"direction":"new-password","dryRun":"false"}'],
	["with force, which is a rotation's", '{"direction":"new-password","force":true}'],
])("a reconciliation %s is refused and recorded, and starts nothing", async (_, body) => {
	await using made = await api();
	expect(await made.ask(startReconciliation, { name: "db-password", body })).toMatchObject({
		status: 400,
		body: { code: "body-not-valid", next: expect.stringContaining("direction") },
	});
	expect(made.durable.started()).toEqual([]);
	expect(made.audited()).toEqual(["trigger note body-not-valid db-password"]);
});

test("an order about a compromised secret is forced, whatever it says of that, and the log says so", async () => {
	await using made = await api();
	const body = '{"compromised":true,"force":false,"reason":"it was in a chat"}';
	expect(await made.ask(startRotation, { name: "db-password", body })).toMatchObject({ status: 202 });
	expect(made.durable.started()).toMatchObject([{ orchestrator: "rotate", force: true, compromised: true }]);
	expect(made.audit.records.at(-1)?.data.message).toBe("compromised: it was in a chat");
});

test("a rollback is a dry run unless it says otherwise, and the log says to which version", async () => {
	await using made = await api();
	const { ask, durable, audit } = made;
	const dry = await ask(startRollback, { name: "db-password", body: "{}" });
	expect(dry).toMatchObject({ status: 202, body: { kind: "rollback" } });
	expect(durable.started()).toMatchObject([{ orchestrator: "rollback", dryRun: true }]);
	expect(audit.records.at(-1)?.data).toMatchObject({ code: "rollback-requested", message: "dry run" });
	durable.instance("db-password")!.runtimeStatus = "Completed";
	const to = "1".repeat(32);
	const body = JSON.stringify({ to, version: "2".repeat(32), dryRun: false, reason: "the app fails" });
	expect(await ask(startRollback, { name: "db-password", body })).toMatchObject({ status: 202 });
	expect(durable.started()).toMatchObject([{ orchestrator: "rollback", dryRun: false, to, version: "2".repeat(32) }]);
	expect(audit.records.at(-1)?.data.message).toBe(`to version ${to}: the app fails`);
});

test.each([
	["to something that is no version", '{"to":"latest"}'],
	["from something that is no version", '{"version":"../1"}'],
	["with force, which is a rotation's", '{"force":true}'],
])("a rollback %s is refused and recorded, and starts nothing", async (_, body) => {
	await using made = await api();
	expect(await made.ask(startRollback, { name: "db-password", body })).toMatchObject({
		status: 400,
		body: { code: "body-not-valid", next: expect.stringContaining("rollback") },
	});
	expect(made.durable.started()).toEqual([]);
	expect(made.audited()).toEqual(["trigger note body-not-valid db-password"]);
});

test("anyone who may only read rolls nothing back", async () => {
	await using made = await api();
	expect(await made.ask(startRollback, { name: "db-password", claims: reader })).toMatchObject({
		status: 403,
		body: { code: "app-role-missing" },
	});
	expect(made.durable.started()).toEqual([]);
});

test("whoever may only read reconciles nothing", async () => {
	await using made = await api();
	const body = '{"direction":"new-password","dryRun":true}';
	expect(await made.ask(startReconciliation, { name: "db-password", body, claims: reader })).toMatchObject({
		status: 403,
		body: { code: "app-role-missing" },
	});
	expect(made.durable.started()).toEqual([]);
});

test("a secret is shown with the drift that the last sweep found, and a GET costs no login", async () => {
	await using made = await api();
	made.vaults.main.seed("db-password", "iceberg", { tags: { "rotation-id": "db-password.a" }, expires: inDays(90) });
	made.vaults.main.seed("db-connection-string", "iceberg");
	made.database.alterRole("titanic_admin", { password: "by-hand" });
	await sweep(made.call);
	made.database.cut();
	const { body } = await made.ask(showSecret, { name: "db-password", claims: reader });
	expect(body.drift).toMatchObject({
		seenAt: inDays(0).toISOString(),
		findings: [{ code: "database-changed-by-hand" }],
	});
	const { body: other } = await made.ask(showSecret, { name: "side-password", claims: reader });
	expect(other).not.toHaveProperty("drift");
});

test("a second rotation is told where the first one is", async () => {
	await using made = await api();
	const first = await made.ask(startRotation, { name: "db-password" });
	const second = await made.ask(startRotation, { name: "db-password" });
	expect(second.status).toBe(202);
	expect(second.headers.get("location")).toBe(first.headers.get("location"));
	expect(second.body).toEqual({ rotationId: first.body.rotationId, alreadyRunning: true });
	expect(made.durable.started()).toHaveLength(1);
	expect(made.audited().at(-1)).toBe("trigger outcome already-running db-password");
});

const refused: [string, Ask, number, string, string][] = [
	["without the role to operate", { name: "db-password", claims: reader }, 403, "app-role-missing", "(none)"],
	["of an unknown secret", { name: "other" }, 404, "secret-not-configured", "other"],
	["of a property of every object", { name: "constructor" }, 404, "secret-not-configured", "constructor"],
	["of a derived secret", { name: "db-connection-string" }, 404, "secret-not-configured", "db-connection-string"],
	["of a path", { name: "../db-password" }, 400, "name-not-valid", "(none)"],
	["of a name that is too long", { name: "a".repeat(120) }, 400, "name-not-valid", "(none)"],
	["with an unknown field", { name: "db-password", body: '{"dryrun":true}' }, 400, "body-not-valid", "db-password"],
	[
		"with the prototype as a field",
		{ name: "db-password", body: '{"__proto__":{"force":true}}' },
		400,
		"body-not-valid",
		"db-password",
	],
	[
		"with a field twice",
		{ name: "db-password", body: '{"dryRun":true,"reason":"a: \\"b\\": c","dryRun":false}' },
		400,
		"body-not-valid",
		"db-password",
	],
	[
		"with a field twice, once in disguise",
		{ name: "db-password", body: '{"dryRun":true,"dry\\u0052un":false}' },
		400,
		"body-not-valid",
		"db-password",
	],
	["with a query", { name: "db-password", query: { dryRun: "true" } }, 400, "query-not-valid", "db-password"],
	["with a number for a flag", { name: "db-password", body: '{"force":1}' }, 400, "body-not-valid", "db-password"],
	[
		"with a long reason",
		{ name: "db-password", body: JSON.stringify({ reason: "x".repeat(201) }) },
		400,
		"body-not-valid",
		"db-password",
	],
	[
		"with a line break in the reason",
		{ name: "db-password", body: JSON.stringify({ reason: "a\nb" }) },
		400,
		"body-not-valid",
		"db-password",
	],
	...["\u2028", "\u0085", "\u202e", "\u001b[2J", "\ud800", "\u200b", "\ufeff", "\ue000", "\u{e0041}"].map(
		(text): (typeof refused)[number] => [
			`with ${JSON.stringify(text)} in the reason`,
			{ name: "db-password", body: `{"reason":${JSON.stringify(`a${text}b`)}}` },
			400,
			"body-not-valid",
			"db-password",
		],
	),
	[
		"with a connection string as the reason",
		{ name: "db-password", body: '{"reason":"Password=iceberg"}' },
		400,
		"body-not-valid",
		"db-password",
	],
	["with a list as the body", { name: "db-password", body: "[]" }, 400, "body-not-valid", "db-password"],
	[
		"with nested lists as the body",
		{ name: "db-password", body: `${"[".repeat(8000)}${"]".repeat(8000)}` },
		400,
		"body-not-valid",
		"db-password",
	],
	["with broken JSON", { name: "db-password", body: "{" }, 400, "body-not-json", "db-password"],
	[
		"with a large body",
		{ name: "db-password", body: JSON.stringify({ reason: "x".repeat(maxBodyBytes) }) },
		413,
		"body-too-large",
		"db-password",
	],
	[
		"with a body that says it is larger",
		{ name: "db-password", body: "{}", headers: { "content-length": "9999999" } },
		413,
		"body-too-large",
		"db-password",
	],
	[
		"with a form as the body",
		{ name: "db-password", body: "force=true", headers: { "content-type": "application/x-www-form-urlencoded" } },
		415,
		"body-type-unknown",
		"db-password",
	],
];

/** What a proxy or the Functions host makes of a dry run that it loses on the way. */
const unseen: [string, Pick<Ask, "body" | "headers">, number, string][] = [
	["without a length", { body: null }, 411, "body-length-missing"],
	["in chunks, which the host gives nobody", chunked(null), 411, "body-length-missing"],
	["in chunks that arrived all the same", chunked('{"dryRun":true}'), 411, "body-length-missing"],
	["with two lengths", sized("15, 2"), 411, "body-length-missing"],
	["with a length that is none", sized("0x2"), 411, "body-length-missing"],
	["with a length below zero", sized("-1"), 411, "body-length-missing"],
	["of no bytes", { body: null, headers: { "content-length": "0" } }, 400, "body-missing"],
	["that got lost", { body: null, headers: { "content-length": "15" } }, 400, "body-incomplete"],
	["that was cut short", sized("15"), 400, "body-incomplete"],
	["that grew on its way", sized("1"), 400, "body-incomplete"],
	["that is compressed", { headers: { "content-encoding": "gzip" } }, 415, "body-type-unknown"],
	["in another charset", typed("application/json; charset=utf-16"), 415, "body-type-unknown"],
	["in two charsets", typed("application/json; charset=utf-8; charset=utf-7"), 415, "body-type-unknown"],
	["of no type", typed(""), 415, "body-type-unknown"],
	["that is a mark of its bytes' order only", { body: "\ufeff" }, 400, "body-not-json"],
];

function chunked(body: string | null): Pick<Ask, "body" | "headers"> {
	return {
		body,
		headers: { "transfer-encoding": "chunked", ...(body === null && { "content-type": "application/json" }) },
	};
}

function sized(length: string): Pick<Ask, "headers"> {
	return { headers: { "content-length": length } };
}

function typed(type: string): Pick<Ask, "headers"> {
	return { headers: { "content-type": type } };
}

test.each(unseen)(
	"an order whose body came %s is none, on any route: nothing is started, and it is recorded",
	async (_, asked, status, code) => {
		for (const handler of [startRotation, startDelivery, startReconciliation, startRollback, cancelRotation]) {
			await using made = await api();
			const answer = await made.ask(handler, { name: "db-password", id: `db-password.${uuid}`, ...asked });
			expect(answer).toMatchObject({ status, body: { code, next: expect.any(String) } });
			expect(made.durable.started()).toEqual([]);
			expect(made.audited()).toEqual([`trigger note ${code} ${handler === cancelRotation ? "(none)" : "db-password"}`]);
		}
	},
);

test("a mark of the bytes' order before the body does not hide that it asks for a dry run", async () => {
	await using made = await api();
	await made.ask(startRotation, { name: "db-password", body: '\ufeff{"dryRun":true}' });
	expect(made.durable.started()).toMatchObject([{ dryRun: true }]);
});

test.each(refused)(
	"a rotation %s starts nothing, is recorded, and gets a problem",
	async (_, asked, status, code, recorded) => {
		await using made = await api();
		const answer = await made.ask(startRotation, asked);
		expect(answer).toMatchObject({
			status,
			body: { status, code, detail: expect.any(String), next: expect.any(String) },
		});
		expect(answer.headers.get("content-type")).toBe("application/problem+json");
		expect(answer.text).not.toMatch(/iceberg|dryrun.*dryrun/);
		expect(made.durable.started()).toEqual([]);
		expect(made.audited()).toEqual([`trigger note ${code} ${recorded}`]);
		expect(made.audit.records[0]?.data.actor).toMatchObject({ user: { uid: oid }, app_uid: made.azp });
	},
);

test("colons and quotes in a reason are no further fields", async () => {
	await using made = await api();
	for (const reason of ['a: "b": c', "\\", '"', "::", "{:}", "Größe 👨‍👩‍👧", "https://tickets.example/?id=1&x=y#c"]) {
		const body = JSON.stringify({ reason, dryRun: true });
		expect(await made.ask(startRotation, { name: "db-password", body })).toMatchObject({ status: 202 });
	}
});

test("a read with a query that nobody reads is refused, and repeats no text of it", async () => {
	await using made = await api();
	for (const handler of [showRotation, listSecrets, showCompliance]) {
		const asked = { id: `db-password.${uuid}`, claims: reader, query: { "<iceberg>": "iceberg" } };
		const answer = await made.ask(handler, asked);
		expect(answer).toMatchObject({ status: 400, body: { code: "query-not-valid" } });
		expect(answer.text).not.toContain("iceberg");
	}
});

test("what a field or a parameter is called comes back only where that is a word", async () => {
	await using made = await api();
	const body = '{"<iceberg>":true}';
	const asField = await made.ask(startRotation, { name: "db-password", body });
	const asParameter = await made.ask(startRotation, { name: "db-password", query: { "<iceberg>": "1" } });
	expect([asField.status, asParameter.status]).toEqual([400, 400]);
	expect(asField.text + asParameter.text).not.toContain("iceberg");
});

test("a parameter that is named as every object's prototype is one that nobody reads", async () => {
	await using made = await api();
	// As the host's worker makes it: in an object's fields the name has got lost.
	const asked = { name: "db-password", url: "http://127.0.0.1/api?__proto__=1", query: {} };
	const answer = await made.ask(startRotation, asked);
	expect(answer).toMatchObject({ status: 400, body: { code: "query-not-valid" } });
	expect(made.durable.started()).toEqual([]);
});

test("bytes that are no UTF-8 are no reason", async () => {
	await using made = await api();
	const body = Buffer.from([...Buffer.from('{"reason":"'), 0xff, ...Buffer.from('"}')]);
	const answer = await made.ask(startRotation, { name: "db-password", body });
	expect(answer).toMatchObject({ status: 400, body: { code: "body-not-json" } });
	expect(made.durable.started()).toEqual([]);
});

test("no answer may be kept on its way", async () => {
	await using made = await api();
	const answers = [
		await made.ask(listSecrets, { claims: reader }),
		await made.ask(startRotation, { name: "db-password" }),
		await made.ask(startRotation, { name: "other" }),
	];
	expect(answers.map(({ headers }) => headers.get("cache-control"))).toEqual(["no-store", "no-store", "no-store"]);
});

test("a rotation that begins between a refused start and the look at it is not shown as the one that refused", async () => {
	await using made = await api();
	const rotations = {
		...made.call.rotations,
		start: async () => ({ state: "already-running", rotationId: `db-password.${uuid}`, covers: true }) as const,
		running: async () => ({ rotationId: "db-password.another", secret: "db-password", steps: [] }) as never,
	};
	const { body } = await made.ask(startRotation, { name: "db-password", rotations });
	expect(body).toEqual({ rotationId: `db-password.${uuid}`, alreadyRunning: true });
});

test("a rotation is cancelled only by who may operate, and by its own id", async () => {
	await using made = await api();
	const id = `db-password.${uuid}`;
	const running: RotationStatus = {
		rotationId: id,
		secret: "db-password",
		kind: "rotate",
		requestedBy: { kind: "timer" },
		requestedAt: "2026-06-01T06:00:00.000Z",
		steps: [],
	};
	let looks = 0;
	const end = { outcome: "cancelled", code: "cancelled" } as const;
	const rotations: Rotations = {
		...made.call.rotations,
		running: async () => (looks++ === 0 ? running : { ...running, ...end }),
	};
	const ask = (asked: Ask) => made.ask(cancelRotation, { id, rotations, ...asked });
	expect(await ask({ claims: reader })).toMatchObject({ status: 403, body: { code: "app-role-missing" } });
	expect(await ask({ id: "db-password" })).toMatchObject({ status: 400, body: { code: "name-not-valid" } });
	expect(await ask({ id: `other.${uuid}` })).toMatchObject({ status: 404, body: { code: "secret-not-configured" } });
	expect(await ask({ body: '{"dryRun":true}' })).toMatchObject({ status: 400, body: { code: "body-not-valid" } });
	expect(await made.records.isCancelled(id)).toBe(false);
	expect(await ask({ body: '{"reason":"the wrong vault"}' })).toMatchObject({ status: 200, body: end });
	expect(await made.records.isCancelled(id)).toBe(true);
});

test("a field that is not known is named where it is", async () => {
	await using made = await api();
	const { body } = await made.ask(startRotation, { name: "db-password", body: '{"dryrun":true}' });
	expect(body.detail).toBe("In the body, field dryrun is unknown.");
});

test("all that is wrong with a body is said at once", async () => {
	await using made = await api();
	const body = '{"dryrun":true,"force":1,"reason":"","<x>":0}';
	const answer = await made.ask(startRotation, { name: "db-password", body });
	expect(answer.body.detail).toBe(
		"In the body, field reason has 0 characters; give 1 to 200; field force is neither true nor false; field dryrun is unknown; a field is unknown.",
	);
});

test("without a token nothing is told, done or recorded, whatever is asked", async () => {
	await using made = await api();
	for (const handler of [
		startRotation,
		startDelivery,
		startReconciliation,
		startRollback,
		cancelRotation,
		showRotation,
		listSecrets,
		showCompliance,
	]) {
		for (const authorization of [null, `Bearer ${await made.forged()}`]) {
			const answer = await made.ask(handler, { name: "other", id: `other.${uuid}`, authorization });
			expect(answer.status).toBe(401);
			expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
			expect(answer.text).not.toContain(oid);
		}
	}
	expect(made.audit.lines).toEqual([]);
	expect(made.lines.join()).not.toContain(oid);
});

test("without a role nothing can be read", async () => {
	await using made = await api();
	for (const handler of [showRotation, listSecrets, showCompliance]) {
		const answer = await made.ask(handler, { id: `db-password.${uuid}`, claims: { roles: ["Other"] } });
		expect(answer).toMatchObject({ status: 403, body: { code: "app-role-missing" } });
	}
});

test("signing keys that cannot be fetched are 503, not 401", async () => {
	await using made = await api();
	made.down();
	const answer = await made.ask(startRotation, { name: "db-password" });
	expect(answer).toMatchObject({ status: 503, body: { code: "token-unverifiable" } });
	expect(answer.headers.get("retry-after")).not.toBeNull();
});

test.each<[string, (made: Awaited<ReturnType<typeof api>>) => void, string]>([
	["the audit log", ({ audit }) => void audit.cut(), "audit-unavailable"],
	["the durable storage", ({ durable }) => durable.cut(), "durable-unavailable"],
	["a valid configuration", ({ breakConfiguration }) => breakConfiguration(), "configuration-invalid"],
])("without %s nothing starts, and the answer is 503", async (_, breakIt, code) => {
	await using made = await api();
	breakIt(made);
	expect(await made.ask(startRotation, { name: "db-password" })).toMatchObject({ status: 503, body: { code } });
	expect(made.durable.started()).toEqual([]);
});

test("a refusal that cannot be recorded is 503 too", async () => {
	await using made = await api();
	made.audit.cut();
	expect(await made.ask(startRotation, { name: "other" })).toMatchObject({
		status: 503,
		body: { code: "audit-unavailable" },
	});
});

const finished = (): RotationStatus => ({
	rotationId: `db-password.${uuid}`,
	secret: "db-password",
	kind: "rotate",
	requestedBy: { kind: "timer" },
	requestedAt: "2026-05-01T06:00:00.000Z",
	steps: [{ name: "plan", ms: 12 }],
	outcome: "completed",
	code: "near-expiry",
	endedAt: "2026-05-01T06:01:00.000Z",
});

test("a running rotation is shown as it reports itself, a finished one as it was recorded", async () => {
	await using made = await api();
	const { ask, durable, records } = made;
	await records.saveRotation(finished());
	const { body } = await ask(startRotation, { name: "db-password" });
	const custom = { ...body, now: "waiting for the rollout" };
	Object.assign(durable.instance("db-password") ?? {}, { runtimeStatus: "Running", customStatus: custom });

	const running = await ask(showRotation, { id: body.rotationId, claims: reader });
	expect(running).toMatchObject({ status: 200, body: custom });
	expect(running.headers.get("retry-after")).toBe("5");
	const done = await ask(showRotation, { id: `db-password.${uuid}`, claims: reader });
	expect(done).toMatchObject({ status: 200, body: finished() });
	expect(done.headers.get("retry-after")).toBeNull();
});

test("a rotation that was ended from outside, with no record of its end, is interrupted", async () => {
	await using made = await api();
	const { body } = await made.ask(startRotation, { name: "db-password" });
	made.durable.instance("db-password")!.runtimeStatus = "Terminated";
	const { status, body: shown } = await made.ask(showRotation, { id: body.rotationId });
	expect(status).toBe(200);
	const ended = { status: "Failed", now: undefined, outcome: "interrupted", code: "ended-early" };
	expect(shown).toEqual({ ...body, ...ended });
});

test("a rotation that there is not is 404, and an id that is none is 400", async () => {
	await using made = await api();
	expect(await made.ask(showRotation, { id: `db-password.${uuid}` })).toMatchObject({
		status: 404,
		body: { code: "rotation-unknown" },
	});
	expect(await made.ask(showRotation, { id: `db-pasword.${uuid}` })).toMatchObject({
		status: 404,
		body: { code: "rotation-unknown", detail: expect.stringContaining("Did you mean db-password?") },
	});
	expect(await made.ask(showRotation, { id: "db-password" })).toMatchObject({
		status: 400,
		body: { code: "name-not-valid" },
	});
});

test("a secret is shown with its state, what runs and how the last rotation ended, and no value", async () => {
	await using made = await api();
	const { ask, vaults, records } = made;
	const version = vaults.main.seed("db-password", "iceberg", { expires: inDays(29) });
	await records.saveRotation(finished());
	const completed = {
		rotationId: `db-password.${uuid}`,
		kind: "rotate",
		outcome: "completed",
		code: "near-expiry",
		endedAt: "2026-05-01T06:01:00.000Z",
	};
	const { body: started } = await ask(startRotation, { name: "db-password" });
	const { status, body, text } = await ask(showSecret, { name: "db-password", claims: reader });
	expect(status).toBe(200);
	expect(body).toEqual({
		secret: "db-password",
		vault: "main",
		name: "db-password",
		strategy: "single-user",
		derived: ["db-connection-string"],
		consumers: [],
		state: "due",
		version,
		expires: inDays(29).toISOString(),
		dueAt: inDays(-1).toISOString(),
		workloads: [],
		cutShort: false,
		health: { state: "healthy" },
		running: { rotationId: started.rotationId, kind: "rotate", now: "waiting to begin" },
		last: completed,
		lastRun: completed,
	});
	const { body: other } = await ask(showSecret, { name: "side-password", claims: reader });
	expect(other).toMatchObject({ state: "unreadable", problem: { code: "secret-missing" } });
	expect(text).not.toContain("iceberg");
});

test("a dry run, a skip or a run under way hides neither a failed rotation nor a missing delivery", async () => {
	await using made = await api();
	const version = made.vaults.main.seed("db-password", "iceberg", { expires: inDays(90) });
	const health = async () => (await made.ask(showSecret, { name: "db-password" })).body.health;
	const later = (minute: number, facts: object) => ({
		...finished(),
		rotationId: `db-password.${uuid.slice(0, -1)}${minute}`,
		endedAt: `2026-05-01T07:0${minute}:00.000Z`,
		...facts,
	});
	await made.records.saveRotation(later(1, { outcome: "published-not-delivered", code: "copy-timeout", version }));
	await made.records.saveRotation(later(2, { outcome: "planned", dryRun: true }));
	await made.records.saveRotation(later(3, { outcome: "skipped", code: "not-due" }));
	expect(await health()).toMatchObject({ state: "not-delivered", code: "copy-timeout" });
	await made.records.saveRotation(later(4, { outcome: "completed", version }));
	await made.records.saveRotation(later(5, { outcome: "compensated", code: "vault-forbidden" }));
	await made.records.saveRotation(later(6, { outcome: "refused", code: "vault-forbidden", dryRun: true }));
	await made.ask(startRotation, { name: "db-password", body: '{"dryRun":true}' });
	expect(await health()).toMatchObject({ state: "failed", code: "vault-forbidden" });
});

test("a rotation that was cut short shows as the secret's health, and leaves its dates alone", async () => {
	await using made = await api();
	const version = made.vaults.main.seed("db-password", "iceberg", { expires: inDays(90) });
	const tags = { "rotation-id": `db-password.${uuid}`, "base-version": version };
	made.vaults.main.seed("db-password-pending", "newer", { tags });
	const { body } = await made.ask(showSecret, { name: "db-password" });
	expect(body).toMatchObject({ state: "compliant", health: { state: "cut-short" } });
	await made.ask(startRotation, { name: "db-password" });
	const { body: running } = await made.ask(showSecret, { name: "db-password" });
	expect(running).toMatchObject({ cutShort: false, health: { state: "healthy" }, running: { kind: "rotate" } });
});

test("a secret is shown although records and durable storage are down", async () => {
	await using made = await api();
	made.vaults.main.seed("db-password", "iceberg", { expires: inDays(90) });
	made.records.cut();
	made.durable.cut();
	const { status, body } = await made.ask(showSecret, { name: "db-password" });
	expect(status).toBe(200);
	expect(body).toMatchObject({
		state: "compliant",
		problem: { code: expect.stringMatching(/^(durable|records)-unavailable$/) },
	});
});

test("the last sweep's report is served, and before the first there is none", async () => {
	await using made = await api();
	expect(await made.ask(showCompliance)).toMatchObject({ status: 404, body: { code: "report-missing" } });
	const report = await sweep(made.call);
	const { status, body } = await made.ask(showCompliance, { claims: reader });
	expect({ status, body }).toMatchObject({
		status: 200,
		body: { ...JSON.parse(JSON.stringify(report)), complete: true, overdue: [], exceptions: [] },
	});
});

test("an error of foreign make is a problem without its text", async () => {
	const lines: string[] = [];
	const call = { log: (line: string) => void lines.push(line), attempt: "7" };
	const answer = await answering(call, async () => {
		throw new RangeError("password=iceberg at https://titanic-kv-prod.vault.azure.net");
	});
	expect(answer).toMatchObject({
		status: 500,
		headers: { "Content-Type": "application/problem+json", "X-Content-Type-Options": "nosniff" },
	});
	expect(JSON.parse(String(answer.body))).toEqual({
		type: "/api/codes/internal-error",
		title: "Internal Server Error",
		status: 500,
		detail: "Step http failed with an unexpected RangeError.",
		instance: "urn:titanic-secret-rotator:call:7",
		code: "internal-error",
		next: expect.any(String),
	});
	expect(`${answer.body} ${lines}`).not.toContain("iceberg");
});

test("every fault has an answer whose status fits: 4xx is the caller's, the rest is ours", () => {
	for (const code of faultCodes) {
		const fault = new Fault(code, {} as never);
		const { status } = problemResponse(fault, "7");
		expect([400, 401, 403, 404, 409, 411, 413, 415, 500, 503]).toContain(status);
		if (fault.transient && code !== "internal-error")
			expect([code, status === 409 || status === 503]).toEqual([code, true]);
	}
});

test("whatever is sent as name and body, it is an answer, and nothing starts unless the body is as it should be", async () => {
	await using made = await api();
	const authorization = `Bearer ${await made.sign()}`;
	const body = fc.oneof(
		fc.string(),
		fc.json(),
		fc
			.record({ reason: fc.anything(), force: fc.anything(), dryRun: fc.anything() }, { requiredKeys: [] })
			.map((value) => safeJson(value)),
	);
	const started = new Set<string>();
	await fc.assert(
		fc.asyncProperty(fc.oneof(fc.constant("db-password"), fc.string()), body, async (name, sent) => {
			const { status } = await made.ask(startRotation, { name, body: sent, authorization });
			// 409: an order differs from the one that an earlier body began and that nothing here ends
			expect(started.has(name) ? [202, 400, 409, 413] : [202, 400, 404, 413]).toContain(status);
			if (status === 202) expect(name === "db-password" || name === "side-password").toBe(true);
			if (status === 202) started.add(name);
		}),
		{ numRuns: 200 },
	);
});

const safeJson = (value: unknown): string => {
	try {
		return JSON.stringify(value) ?? "";
	} catch {
		return "{}";
	}
};
