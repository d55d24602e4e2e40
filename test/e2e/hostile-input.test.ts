// What an operator, an event or a configuration may say at worst: refused with a code, recorded in our words, nothing
// changed, and never a line of the sender's in the log.
// HI1. The token and the keys here are good. Without them there is nothing to try: intruders.test.ts.

import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { login } from "../../local/proof.ts";
import { until } from "../../local/until.ts";
import { audience, identities, names } from "../../local/world.ts";
import { Password } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import { type Answered, instancesOf, pathOf, type Route, routesOf, send } from "./support/raw.ts";
import {
	administrator,
	auditLog,
	auditOf,
	configure,
	loginWithLive,
	rotated,
	stackFor,
	standing,
} from "./support/scene.ts";

const minutes = 60_000;
const stack = stackFor();
const kubernetes = administrator(stack);
const world = async () => ({ ...(await standing(stack(), kubernetes())), instances: await instancesOf(stack()) });

/** What a line of the log would look like that somebody else wrote. */
const forgery = "2026-11-27T00:00:00Z [error] forged";
/** Ends a line for some reader of lines, drives a terminal, or turns the text around. */
const breaking = [
	"\r\n",
	"\n",
	"\r",
	"\u0085",
	"\u2028",
	"\u2029",
	"\v",
	"\f",
	"\0",
	"\u001b[2K\u001b[1A",
	"\u202e",
	"\u200b",
	"\u{e0041}",
];

let routes: Route[];
beforeAll(async () => {
	routes = await routesOf(stack());
});

/** As an operator who may do anything, and whom the audit log can be searched for. */
async function asked(
	route: Route,
	what: { value?: string; query?: string; headers?: Record<string, string>; body?: string | Buffer },
) {
	const operator = randomUUID();
	const roles = ["Rotation.Read", "Rotation.Operate", "Rotation.Approve", "Audit.Read"];
	const token = await stack().identity.operatorToken({ audience, roles, objectId: operator, azp: randomUUID() });
	const headers = { "content-type": "application/json", ...what.headers, authorization: `Bearer ${token}` };
	const path = pathOf(route, what.value) + (what.query ?? "");
	return { operator, answer: await send(stack(), { method: route.method, path, headers, body: what.body }) };
}

interface Seen {
	readonly what: string;
	readonly route: Route;
	readonly operator: string;
	readonly answer: Answered;
}
const isProblem = ({ headers }: Answered) => String(headers["content-type"]) === "application/problem+json";

/** Which of the answers are not as they must be: 4xx, and with a code of ours where they are ours. */
const wrongAnswers = (seen: readonly Seen[], allowed: readonly string[]) =>
	seen
		.map(({ what, route, answer }) => {
			const code = isProblem(answer) ? (JSON.parse(answer.body) as { code: string }).code : "(the host's)";
			return { what, route: `${route.method} ${route.template}`, status: answer.status, code };
		})
		.filter(({ status, code }) => status >= 500 || (status > 0 && status < 400) || !allowed.includes(code));

/** Each refusal of an operator's order is on the log once, by that operator, with the code of its answer. */
async function wrongRecords(seen: readonly Seen[]) {
	const records = (await auditLog(stack())).map(({ data }) => data);
	return seen
		.filter(({ route, answer }) => route.method === "POST" && isProblem(answer))
		.map(({ what, operator, answer }) => ({
			what,
			answered: [(JSON.parse(answer.body) as { code: string }).code],
			recorded: records.filter(({ actor }) => actor.user.uid === operator).map(({ code }) => code),
		}))
		.filter(({ answered, recorded }) => String(answered) !== String(recorded));
}

async function refusedEverywhere(seen: readonly Seen[], allowed: readonly string[], before: unknown): Promise<void> {
	expect(wrongAnswers(seen, allowed)).toEqual([]);
	expect(await wrongRecords(seen)).toEqual([]);
	expect(await world()).toEqual(before);
}

const hostHas = "(the host's)";

/** `/api/secrets/` and `/api/secrets/../rotations` are a list's own address, and answered as such. */
function isOfAnother(route: Route, value: string): boolean {
	const { pathname } = new URL(pathOf(route, value), "http://127.0.0.1");
	return routes.some(({ method, template }) => method === route.method && template === pathname.replace(/\/$/, ""));
}

test(
	"a name in the path that is none is refused on every route that takes one",
	async () => {
		const tail = ".2b6f0cc9-04d1-4d6f-93a0-0ac1c9a6b5f3";
		const given: Record<string, string> = {
			SQL: encodeURIComponent("x'; DROP ROLE titanic_admin; --"),
			JSON: encodeURIComponent('{"a":1}'),
			YAML: encodeURIComponent("- x: &y !!z"),
			"a format": encodeURIComponent("%s%n{jndi:x}{password}$1"),
			...Object.fromEntries(
				breaking.map((text) => [
					`a line of its own after ${JSON.stringify(text)}`,
					encodeURIComponent(`x${text}${forgery}`),
				]),
			),
			"a NUL at its end": "db-password%00",
			"a line break at its end": "db-password%0a",
			"a blank at its end": "db-password%20",
			"half a surrogate pair": "db%ed%a0%80password",
			"bytes that are no UTF-8": "%ff%fe",
			"an escape that is none": "%zz",
			"a letter that looks like another": "d%D0%B0-password",
			"a combining letter": "db-passwo%CC%88rd",
			"a wide letter": encodeURIComponent("ｄb-password"),
			"the folder above": "..",
			"the folder above, escaped": "%2e%2e",
			"the folder above, escaped twice": "%252e%252e",
			"a way up and down again": "x%2f..%2fdb-password",
			"a way up with backslashes": "..%5c..%5cdb-password",
			"a slash": "db-password%2fx",
			"two parameters": "db-password;name=other",
			nothing: "",
			"a blank": "%20",
			"a property of every object": "constructor",
			"the prototype": "__proto__",
			"the pending secret": "db-password-pending",
			"a derived secret": "db-connection-string",
			"another case": "DB-PASSWORD",
			"a name as long as may be": "a".repeat(119),
			"a name that is longer": "a".repeat(120),
			"ten kilobytes": "a".repeat(10_000),
			"ten escaped kilobytes": "%C3%BC".repeat(1_700),
			"a megabyte": "a".repeat(1_000_000),
		};
		const before = await world();
		const seen: Seen[] = [];
		for (const route of routes.filter(({ template }) => template.includes("{"))) {
			for (const [what, value] of Object.entries(given)) {
				for (const form of route.template.includes("{id}") ? [value, value + tail] : [value]) {
					if (isOfAnother(route, form)) continue;
					seen.push({
						what,
						route,
						...(await asked(route, { value: form, body: route.method === "POST" ? "{}" : undefined })),
					});
				}
			}
		}
		expect(seen.length).toBeGreaterThan(100);
		// The body is read before the configuration: one that lacks something is what is told of a name that could be one.
		const ofOthers = ["approval-unknown", "freeze-unknown", "channel-unknown"];
		const unknown = ["secret-not-configured", "rotation-unknown", "code-unknown", ...ofOthers];
		const codes = ["name-not-valid", ...unknown, "body-not-valid", hostHas];
		await refusedEverywhere(seen, codes, before);
		for (const { answer } of seen) expect(answer.body).not.toMatch(/forged|DROP|jndi/);
	},
	8 * minutes,
);

test(
	"a query that nobody reads is refused on every route, and its text is not repeated",
	async () => {
		const before = await world();
		const seen: Seen[] = [];
		for (const route of routes) {
			for (const query of [
				"dryRun=true",
				"dryRun=true&dryRun=false",
				"force",
				"__proto__=1",
				"constructor[prototype]=1",
				`%0d%0a${encodeURIComponent(forgery)}=1`,
				"%ff=%ff",
				`${"a".repeat(10_000)}=1`,
				"=1",
				"code=local-durable-key",
				`x=${"a".repeat(1_000_000)}`,
			]) {
				const body = route.method === "POST" ? "{}" : undefined;
				seen.push({ what: query.slice(0, 60), route, ...(await asked(route, { query: `?${query}`, body })) });
			}
		}
		await refusedEverywhere(seen, ["query-not-valid", hostHas], before);
		for (const { answer } of seen) expect(answer.body).not.toMatch(/forged|local-durable-key|aaaaa/);
	},
	8 * minutes,
);

test(
	"a body that is not as it should be is refused on every route that takes one",
	async () => {
		const reasoned = (reason: string) => JSON.stringify({ reason });
		const form = "application/x-www-form-urlencoded";
		const typed = (type: string, body = '{"force":true}') => ({ body, headers: { "content-type": type } });
		type Body = { body?: string | Buffer; headers?: Record<string, string> };
		const bodies: Record<string, Body> = {
			"one byte too long": { body: `{"reason":"x"}${" ".repeat(16 * 1024)}` },
			"too long, and says so": { body: " ".repeat(20_000), headers: { "content-length": "20000" } },
			"a megabyte in chunks": { body: "x".repeat(1_000_000), headers: { "transfer-encoding": "chunked" } },
			"a dry run in chunks": { body: '{"dryRun":true}', headers: { "transfer-encoding": "chunked" } },
			"a dry run in chunks, and of a length": {
				body: '{"dryRun":true}',
				headers: { "transfer-encoding": "chunked", "content-length": "15" },
			},
			"no bytes": { body: "" },
			nothing: {},
			"another charset": typed("application/json; charset=utf-16"),
			"a hundred thousand levels": { body: `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}` },
			"three thousand levels": { body: `${'{"a":'.repeat(3_000)}` },
			"lists of lists": { body: `${"[".repeat(8_000)}${"]".repeat(8_000)}` },
			"a field twice": { body: '{"dryRun":true,"dryRun":false}' },
			"a field twice, once escaped": { body: '{"dryRun":true,"\\u0064ryRun":false}' },
			"the prototype": { body: '{"__proto__":{"force":true}}' },
			"a constructor": { body: '{"constructor":{"prototype":{"force":true}}}' },
			"a field in another case": { body: '{"DRYRUN":true}' },
			"a field with a line of its own": { body: JSON.stringify({ [`x\n${forgery}`]: 1 }) },
			"a number beyond numbers": { body: '{"dryRun":1e999}' },
			"a very long number": { body: `{"force":${"9".repeat(10_000)}}` },
			"a text for a flag": { body: '{"dryRun":"true"}' },
			"a list for a reason": { body: '{"reason":["x"]}' },
			"an object for a reason": { body: '{"reason":{"toString":"x"}}' },
			"a list": { body: "[]" },
			null: { body: "null" },
			"a text": { body: '"force"' },
			"a number": { body: "0" },
			"half of one": { body: '{"force":tr' },
			"two of them": { body: "{}{}" },
			"a comment": { body: '{"force":true /* please */}' },
			"a NUL": { body: '{"force":true}\0' },
			"bytes that are no UTF-8": { body: Buffer.from('{"reason":"\xff\xfe"}', "latin1") },
			"UTF-16": { body: Buffer.from('{"force":true}', "utf16le") },
			compressed: { body: gzipSync('{"force":true}'), headers: { "content-encoding": "gzip" } },
			"a form": typed(form, "force=true"),
			"JSON as a form": typed(form),
			"JSON as text": typed("text/plain"),
			"JSON as what begins alike": typed("application/jsonx"),
			"JSON as nothing": typed(""),
			"several parts": typed("multipart/form-data; boundary=x", "--x\r\n\r\n{}\r\n--x--"),
			...Object.fromEntries(
				breaking.map((text) => [`a reason with ${JSON.stringify(text)}`, { body: reasoned(`x${text}${forgery}`) }]),
			),
			"a reason with half a surrogate pair": { body: '{"reason":"x\\ud800"}' },
			"a reason too long": { body: reasoned("x".repeat(201)) },
			"a reason that looks like a credential": { body: reasoned("password=iceberg") },
			"no reason": { body: reasoned("") },
		};
		const before = await world();
		const seen: Seen[] = [];
		for (const route of routes.filter(({ method }) => method === "POST")) {
			for (const [what, given] of Object.entries(bodies)) seen.push({ what, route, ...(await asked(route, given)) });
		}
		const codes = [
			...[
				"body-length-missing",
				"body-missing",
				"body-too-large",
				"body-type-unknown",
				"body-not-json",
				"body-not-valid",
			],
			hostHas,
		];
		await refusedEverywhere(seen, codes, before);
		for (const { answer } of seen) expect(answer.body).not.toMatch(/forged|iceberg/);
	},
	8 * minutes,
);

test("what is not even HTTP, or no method of a route, is the host's own 4xx", async () => {
	const before = await world();
	const found = [];
	for (const [method, path] of [
		["PUT", "/api/secrets/db-password/rotations"],
		["DELETE", "/api/secrets/db-password/rotations"],
		["TRACE", "/api/secrets"],
		["GET", "/api/secrets/db-password/rotations"],
		["POST", "/api/secrets"],
		["GET", "//example.org/api/secrets"],
		["GET", "//["],
		["GET", "/api/%"],
		["GET", "/api/../admin/host/status"],
		["GET", "/api/secrets/..%2f..%2fadmin/host/status"],
	] as const) {
		const { status } = await send(stack(), { method, path });
		found.push({ method, path, refused: status >= 400 && status < 500 });
	}
	expect(found.filter(({ refused }) => !refused)).toEqual([]);
	const { status } = await send(stack(), { path: "/api/secrets", headers: { host: "a b[" } });
	expect(status).toBeLessThan(500);
	expect(await world()).toEqual(before);
});

describe("an event with a good key", () => {
	const version = "0123456789abcdef0123456789abcdef";
	const data = (changes: object = {}) => ({
		Id: `https://${names.vault}.vault.azure.net/secrets/db-password/${version}`,
		VaultName: names.vault,
		ObjectType: "Secret",
		ObjectName: "db-password",
		Version: version,
		NBF: null,
		EXP: 1_783_000_000,
		...changes,
	});
	type Event = Record<string, unknown> & { id: string };
	const event = (dataChanges: object = {}, changes: object = {}): Event => ({
		id: randomUUID(),
		topic: "/subscriptions/s",
		subject: "db-password",
		eventType: "Microsoft.KeyVault.SecretNearExpiry",
		eventTime: "2026-06-01T06:00:00Z",
		dataVersion: "1",
		data: data(dataChanges),
		...changes,
	});
	const cloudEvent = (dataChanges: object = {}, changes: object = {}): Event => ({
		id: randomUUID(),
		specversion: "1.0",
		type: "Microsoft.KeyVault.SecretExpired",
		source: "/subscriptions/s",
		subject: "db-password",
		data: data(dataChanges),
		...changes,
	});
	const delivered = (body: string) =>
		send(stack(), {
			method: "POST",
			path: `/runtime/webhooks/eventgrid?functionName=events&code=${stack().keys.eventGrid}`,
			headers: { "content-type": "application/json", "aeg-event-type": "Notification" },
			body,
		});
	const notesOf = async (ids: readonly string[]) =>
		(await auditLog(stack()))
			.map(({ subject, data: { actor, code, message, phase } }) => ({
				subject,
				code,
				message,
				phase,
				uid: actor.user.uid,
			}))
			.filter(({ uid }) => uid !== undefined && ids.includes(uid));

	const foreign: Record<string, () => Event> = {
		"another vault": () => event({ VaultName: "lusitania-kv-prod" }),
		"another vault in its id only": () => event({ VaultName: "x", Id: data().Id }),
		"a secret without an entry": () => event({ ObjectName: "flask-secret-key" }),
		"a derived secret": () => cloudEvent({ ObjectName: "db-connection-string" }),
		"the pending secret": () => event({ ObjectName: "DB-Password-PENDING" }),
		"a database": () => event({ ObjectName: names.database, database: "postgres", server: "titanic-db" }),
		"a workload": () => event({ ObjectName: "x", workload: "kube-system/coredns", consumers: ["x"] }),
		"a property of every object": () => event({ ObjectName: "constructor" }),
		"the prototype": () => event({ ObjectName: "__proto__", VaultName: "__proto__" }),
		"a prototype of its own": () => JSON.parse(`{"id":"${randomUUID()}","__proto__":${JSON.stringify(event())}}`),
		SQL: () => event({ ObjectName: "db-password'; DROP ROLE titanic_admin; --" }),
		"a path": () => event({ ObjectName: "../db-password" }),
		"a line of its own": () => event({ ObjectName: `db-password\r\n${forgery}` }),
		"a letter that looks like another": () => event({ ObjectName: "d\u0430-password" }),
		"a version that is none": () => event({ Version: `${version}\n${forgery}` }),
		"a version that is a path": () => event({ Version: "../../../x" }),
		"a key": () => event({ ObjectType: "Key" }),
		"a type with a line of its own": () => event({}, { eventType: `x\u2028${forgery}` }),
		"a type that is a list": () => event({}, { eventType: ["Microsoft.KeyVault.SecretNearExpiry"] }),
		"data that are a list": () => event({}, { data: [data()] }),
		"data that are a text": () => event({}, { data: JSON.stringify(data()) }),
		"data deep down": () => event({}, { data: { data: data() } }),
		"extensions of its own": () =>
			cloudEvent({ ObjectName: "x" }, { secret: "db-password", force: true, actor: "app", x: [{}] }),
		"a megabyte": () => event({ ObjectName: "x".repeat(1_000_000) }),
		"fifty thousand fields": () =>
			event(
				{ ObjectName: "x" },
				Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`field-${index}`, index])),
			),
	};

	test.each(Object.entries(foreign))("that names %s changes nothing, and is recorded in our words", async (_, make) => {
		const before = await world();
		const made = make();
		expect((await delivered(JSON.stringify([made]))).status).toBe(202);
		expect(await notesOf([made.id])).toEqual([
			{
				subject: "(none)",
				code: expect.stringMatching(/^event-(malformed|foreign|pending|kind)$/),
				message: expect.stringMatching(/^The event[\w ',-]*\.$/),
				phase: "note",
				uid: made.id,
			},
		]);
		expect(await world()).toEqual(before);
	});

	test("whose id is a line of the log is recorded without it", async () => {
		const before = await world();
		const { length } = await auditLog(stack());
		for (const id of [`x\n${forgery}`, "x".repeat(10_000), "", { id: forgery }, null]) {
			expect((await delivered(JSON.stringify([event({ ObjectName: "x" }, { id })]))).status).toBe(202);
		}
		const records = (await auditLog(stack())).slice(length);
		expect(records).toHaveLength(5);
		expect(JSON.stringify(records)).not.toContain("forged");
		expect(await world()).toEqual(before);
	});

	test("in a batch with bad ones is taken, and they are not", async () => {
		const before = await standing(stack(), kubernetes());
		// Of a version that is not live any more: it starts a rotation, which is skipped.
		const batch = [event({ ObjectName: "x" }), event(), event({ Version: 7 })];
		expect((await delivered(JSON.stringify(batch))).status).toBe(202);
		const codes = (await notesOf(batch.map(({ id }) => id))).map(({ uid, code, subject }) => [
			batch.findIndex(({ id }) => id === uid),
			code,
			subject,
		]);
		expect(codes.sort()).toEqual(
			expect.arrayContaining([
				[0, "event-foreign", "(none)"],
				[1, "rotate-requested", "db-password"],
				[2, "event-malformed", "(none)"],
			]),
		);
		expect(await standing(stack(), kubernetes())).toEqual(before);
	});

	test("that is no JSON object is never an answer of ours, and changes nothing", async () => {
		const before = await standing(stack(), kubernetes());
		for (const body of ["", "{", "null", "7", '"x"', "[null]", "[7]", "[[]]", "[".repeat(100_000)])
			await delivered(body);
		expect(await standing(stack(), kubernetes())).toEqual(before);
	});
});

describe("a role", () => {
	const hostile = [
		'x"; DROP ROLE titanic_admin; --',
		"a'b\\'c",
		'{"a":1}',
		"- x: &y !!z",
		"%s $1 {x} {password}",
		"Größe 日本 👨‍👩‍👧",
		" two  blanks ",
		"u:p@localhost:1/x?sslmode=disable#",
		"ü".repeat(31),
	];
	const administratorRole = 'root"@';
	const secret = "db-rotator-password";
	const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
	const live = () => stack().vault.owner.get("db-password")!.value;
	const rowsOf = async (except: string) =>
		stack().postgres.query("SELECT rolname, xmin::text FROM pg_authid WHERE rolname <> $1 ORDER BY 1", [except]);

	beforeAll(async () => {
		const { postgres, vault } = stack();
		const password = new Password(randomUUID());
		const made = `LOGIN CREATEROLE PASSWORD '${verifierOf(password, secret)}'`;
		await postgres.query(`CREATE ROLE ${quoted(administratorRole)} ${made}`);
		vault.owner.set(secret, password.reveal());
		const actions = ["Microsoft.KeyVault/vaults/secrets/getSecret/action" as const];
		vault.grant({ objectId: identities.rotator.objectId, secret, actions });
	});
	afterAll(async () => {
		for (const role of hostile) await stack().postgres.query(`DROP ROLE IF EXISTS ${quoted(role)}`);
	});

	test.each(hostile.flatMap((role) => (["self", "admin-secret"] as const).map((mode) => ({ role, mode }))))(
		"called $role is rotated by $mode: this one role, in the vault, in the URL and on the audit log",
		async ({ role, mode }) => {
			const { postgres, vault } = stack();
			const verifier = verifierOf(new Password(live()), "db-password");
			await postgres.query(`DROP ROLE IF EXISTS ${quoted(role)}`);
			await postgres.query(`CREATE ROLE ${quoted(role)} LOGIN PASSWORD '${verifier}'`);
			await postgres.query(
				`GRANT ${quoted(role)} TO ${quoted(administratorRole)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
			);
			const before = live();
			const others = await rowsOf(role);
			const undo = await configure(stack(), (config) => {
				const login = mode === "self" ? { mode } : { mode, secret, role: administratorRole };
				Object.assign(config.secrets["db-password"], { role, login, consumers: [] });
			});
			const status = await rotated(stack(), { force: true });
			await undo();
			expect(status).toMatchObject({ outcome: "completed", code: "forced" });
			expect(live() === before).toBe(false);
			const derived = vault.owner.get("db-connection-string")!.value.replace(/\?sslmode=require$/, "");
			const url = new URL(derived);
			expect([decodeURIComponent(url.username), url.hostname, url.pathname]).toEqual([role, postgres.host, "/titanic"]);
			expect(await login(derived)).toBe("in");
			expect(await rowsOf(role)).toEqual(others);
			const records = await auditOf(stack(), status.rotationId);
			const named = records.filter((record) => "role" in record).map((record) => (record as { role?: string }).role);
			expect(new Set(named)).toEqual(new Set([role]));
		},
		minutes,
	);

	test("of the seed world was changed by none of that", async () => {
		// Its secret has had other roles' passwords since.
		const [row] = await stack().postgres.query("SELECT count(*)::int AS n FROM pg_authid WHERE rolname = $1", [
			names.role,
		]);
		expect(row).toEqual({ n: 1 });
		expect(await loginWithLive(stack())).toBe("28P01");
	});
});

test("a configuration whose names are lines of the log is refused in lines of ours", async () => {
	const before = stack().hostLines.length;
	for (const text of breaking) {
		const undo = await configure(stack(), ({ secrets }) => {
			secrets[`x${text}${forgery}`] = secrets["db-password"];
		});
		const answer = await stack().api("secrets/db-password/rotations", { method: "POST", body: {} });
		await undo();
		expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, "configuration-invalid"]);
	}
	// The record's and the answer's.
	const expected = 2 * breaking.length;
	const refusals = await until("the lines of the refusals", 120, async () => {
		const lines = stack().hostLines.slice(before);
		const found = lines.filter((line) =>
			/^\w+ startRotation .*configuration-invalid.*cannot be a name here/.test(line),
		);
		return found.length >= expected
			? { found: found.length, forged: lines.filter((line) => line.includes("forged")) }
			: undefined;
	});
	expect(refusals).toEqual({ found: expected, forged: [] });
});

test("no line of the app's log or of the audit log holds a character that breaks it, or begins as somebody else wrote it", async () => {
	const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
	const { hostLines } = stack();
	expect(hostLines.length).toBeGreaterThan(100);
	expect(hostLines.filter((line) => unprintable.test(line) || /^\W*(2026|forged)/.test(line))).toEqual([]);
	const records = (await auditLog(stack())).map((record) => JSON.stringify(record));
	expect(records.filter((line) => unprintable.test(line))).toEqual([]);
});
