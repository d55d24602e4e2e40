// Nobody else gets in: each way to spoil a token, on every route that the app has; each key of the host where it is none;
// and nothing of what was tried is in the app's log, on the audit log or in an answer.

import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { audience } from "../../local/world.ts";
import { close, listen } from "../../packages/loopback/index.ts";
import { operations } from "../../src/api/operations.ts";
import { type Answered, instancesOf, keyHeader, pathOf, type Route, routesOf, send } from "./support/raw.ts";
import { administrator, auditLog, idle, stackFor, standing } from "./support/scene.ts";

const minutes = 60_000;

// ---- the signing keys of the tenant, of which one is in our hands ----------------------------------------------

const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const [ours, foreign] = [pair(), pair()];
const kid = "the-tenants-key";
const publicJwk = (key: KeyObject, id = kid) => ({
	...key.export({ format: "jwk" }),
	kid: id,
	use: "sig",
	alg: "RS256",
});

type Mode = "down" | "a page" | "good";
let mode: Mode = "down";
let fetches = 0;
/** Asked by a checker that believes a token's own word on where its key is. Nobody may. */
const strangersVisits: string[] = [];
const servers: Server[] = [];
let stranger: string;

const stack = stackFor({
	settings: async () => {
		const keys = createServer(async (_, response) => {
			fetches++;
			if (mode === "down") return response.writeHead(500).end();
			if (mode === "a page") return response.writeHead(200).end("<html>Sign in</html>");
			// The stack's own operators come by the identity stand-in's key.
			const answer = await fetch(stack().identity.jwksUri);
			const { keys: theirs } = (await answer.json()) as { keys: object[] };
			return response.writeHead(200).end(JSON.stringify({ keys: [...theirs, publicJwk(ours.publicKey)] }));
		});
		const strangers = createServer(({ url = "" }, response) => {
			strangersVisits.push(url);
			response.writeHead(200).end(JSON.stringify({ keys: [publicJwk(foreign.publicKey)] }));
		});
		servers.push(keys, strangers);
		stranger = await listen(strangers);
		return { OPERATORS_JWKS_URL: await listen(keys) };
	},
});
const kubernetes = administrator(stack);
afterAll(() => Promise.all(servers.map(close)));

// ---- tokens -----------------------------------------------------------------------------------------------------

type Json = Record<string, unknown>;
const encoded = (part: unknown) =>
	Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);
/** In every token; no log, record or answer may have it. */
const marker = `iceberg-${randomUUID()}`;
const allRoles = ["Rotation.Read", "Rotation.Operate", "Rotation.Approve", "Audit.Read"];

/** What a good token says. */
const claims = (changes: Json = {}): Json => ({
	iss: stack().identity.issuer,
	aud: audience,
	tid: stack().identity.tenantId,
	oid: randomUUID(),
	azp: randomUUID(),
	iat: now(),
	nbf: now() - 5,
	exp: now() + 600,
	roles: allRoles,
	name: marker,
	ver: "2.0",
	...changes,
});
const header = (changes: Json = {}): Json => ({ alg: "RS256", typ: "JWT", kid, ...changes });

/** Everything that was ever sent as a token, to be looked for afterwards. */
const presented = new Set<string>();
const made = (token: string) => {
	presented.add(token);
	return token;
};
function token(payload: unknown = claims(), head: Json = header(), key = ours.privateKey): string {
	const input = `${encoded(head)}.${encoded(payload)}`;
	const [algorithm, options] =
		head.alg === "PS256"
			? (["sha256", { key, padding: 6, saltLength: 32 }] as const)
			: ([`sha${/\d+/.exec(String(head.alg))?.[0] ?? 256}`, { key, dsaEncoding: "ieee-p1363" }] as const);
	return made(`${input}.${sign(algorithm, Buffer.from(input), options).toString("base64url")}`);
}
const unsigned = (alg: string, signature = "") => made(`${encoded(header({ alg }))}.${encoded(claims())}.${signature}`);
/** The public key, which everybody has, taken for a password. */
function symmetric(secret: string | Buffer, alg = "HS256"): string {
	const input = `${encoded(header({ alg }))}.${encoded(claims())}`;
	return made(
		`${input}.${createHmac(`sha${alg.slice(2)}`, secret)
			.update(input)
			.digest("base64url")}`,
	);
}
const pem = (type: "spki" | "pkcs1") => createPublicKey(ours.privateKey).export({ type, format: "pem" }).toString();
const der = (type: "spki" | "pkcs1") => createPublicKey(ours.privateKey).export({ type, format: "der" });
const changed = (changes: Json) => () => bearer(token(claims(changes)));
const headed =
	(changes: Json, key = ours.privateKey) =>
	() =>
		bearer(token(claims(), header(changes), key));

/** How something is presented: headers, and what comes after the path. */
interface Presented {
	readonly headers: Readonly<Record<string, string | string[]>>;
	readonly query?: string;
}
const bearer = (text: string): Presented => ({ headers: { authorization: `Bearer ${text}` } });
const authorization = (text: string | string[]): Presented => ({ headers: { authorization: text } });

const rejected: Record<string, () => Presented> = {
	"no header": () => ({ headers: {} }),
	"an empty header": () => authorization(""),
	"a password": () => authorization(`Basic ${Buffer.from(`operator:${marker}`).toString("base64")}`),
	"no token": () => authorization("Bearer"),
	"two words": () => authorization(`Bearer ${marker} ${marker}`),
	"another scheme with a good token": () => authorization(`DPoP ${token()}`),
	"bytes that are no text": () => authorization("Bearer \u00ff\u00fe\u0080\u0081"),
	"dots only": () => bearer(".."),
	"one part": () => bearer(encoded(claims())),
	"two good tokens": () => authorization([`Bearer ${token()}`, `Bearer ${token()}`]),
	"a good token behind a bad one": () => authorization([`Bearer ${marker}`, `Bearer ${token()}`]),
	"a good token before a bad one": () => authorization([`Bearer ${token()}`, `Bearer ${marker}`]),
	"a good token in the query": () => ({ headers: {}, query: `?access_token=${token()}` }),
	"a good token in a cookie": () => ({ headers: { cookie: `token=${token()}; AppServiceAuthSession=${token()}` } }),
	"headers that the platform's own authentication would set": () => ({
		headers: {
			"x-ms-token-aad-access-token": token(),
			"x-ms-client-principal": Buffer.from(JSON.stringify(claims())).toString("base64"),
			"x-ms-client-principal-id": marker,
			"x-zumo-auth": token(),
		},
	}),

	...Object.fromEntries(
		["none", "None", "NONE", "nOnE", "", "null"].map((alg) => [`alg "${alg}"`, () => bearer(unsigned(alg))]),
	),
	'alg "none" with another token\'s signature': () => bearer(unsigned("none", token().split(".")[2])),
	"no alg": () => bearer(made(`${encoded({ typ: "JWT", kid })}.${encoded(claims())}.`)),
	"HS256 with the public key as PEM": () => bearer(symmetric(pem("spki"))),
	"HS256 with the public key as PEM without its last line end": () => bearer(symmetric(pem("spki").trim())),
	"HS256 with the public key as PKCS 1": () => bearer(symmetric(pem("pkcs1"))),
	"HS256 with the public key as DER": () => bearer(symmetric(der("spki"))),
	"HS256 with the public key as PKCS 1 in DER": () => bearer(symmetric(der("pkcs1"))),
	"HS256 with the public key as JWK": () => bearer(symmetric(JSON.stringify(publicJwk(ours.publicKey)))),
	"HS512 with the modulus": () => bearer(symmetric(String(publicJwk(ours.publicKey).n), "HS512")),
	"HS256 with an empty secret": () => bearer(symmetric("")),
	"RS384 by the right key": headed({ alg: "RS384" }),
	"RS512 by the right key": headed({ alg: "RS512" }),
	"PS256 by the right key": headed({ alg: "PS256" }),
	"ES256 under the right kid": headed({ alg: "ES256" }, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
	"RS256 by another key under the right kid": headed({}, foreign.privateKey),
	"no signature": () => bearer(made(`${token().split(".").slice(0, 2).join(".")}.`)),
	"another token's signature": () => bearer(made([...token().split(".").slice(0, 2), token().split(".")[2]].join("."))),
	"half a signature": () => bearer(made(token().slice(0, -100))),

	"an unknown kid": headed({ kid: marker }, foreign.privateKey),
	"no kid": headed({ kid: undefined }),
	"a kid that is a list": headed({ kid: [kid] }),
	"a kid that is a path": headed({ kid: "../../../../dev/null" }, foreign.privateKey),
	"a kid that is SQL": headed({ kid: "x' UNION SELECT 'key" }, foreign.privateKey),
	"a key that it brings itself": headed({ jwk: publicJwk(foreign.publicKey) }, foreign.privateKey),
	"a key that it brings itself, and no kid": headed(
		{ jwk: publicJwk(foreign.publicKey), kid: undefined },
		foreign.privateKey,
	),
	"an address of its key": () => headed({ jku: `${stranger}/jku` }, foreign.privateKey)(),
	"an address of its certificate": () => headed({ x5u: `${stranger}/x5u` }, foreign.privateKey)(),
	"a certificate that it brings itself": headed(
		{ x5c: [foreign.publicKey.export({ type: "spki", format: "der" }).toString("base64")], x5t: marker },
		foreign.privateKey,
	),
	"an issuer where a stranger keeps the keys": () =>
		bearer(token(claims({ iss: stranger }), header(), foreign.privateKey)),
	"an extension that must be understood": headed({ crit: ["exp"], exp: now() + 600 }),
	"a payload that is not encoded": headed({ crit: ["b64"], b64: false }),

	...Object.fromEntries(
		(
			[
				["another tenant", (iss) => iss.replace(stack().identity.tenantId, randomUUID())],
				["the same tenant in v1", () => `https://sts.windows.net/${stack().identity.tenantId}/`],
				["one with a slash more", (iss) => `${iss}/`],
				["one in capitals", (iss) => iss.toUpperCase()],
				["one that begins alike", (iss) => `${iss}.example.org`],
				["one that ends alike", (iss) => `https://example.org/${iss}`],
				["one that has ours in its query", (iss) => `https://example.org/?${iss}`],
				["a list with ours", (iss) => [iss]],
				["none", () => undefined],
			] as [string, (iss: string) => unknown][]
		).map(([name, of]) => [`the issuer: ${name}`, () => bearer(token(claims({ iss: of(stack().identity.issuer) })))]),
	),
	...Object.fromEntries(
		Object.entries({
			"another API": "https://vault.azure.net",
			"a list with ours": [audience, "https://vault.azure.net"],
			"a list of ours": [audience],
			"one that begins alike": `${audience}.example.org`,
			"one in capitals": audience.toUpperCase(),
			everybody: "*",
			nobody: "",
			none: undefined,
			"an object": { [audience]: true },
		}).map(([name, aud]) => [`the audience: ${name}`, changed({ aud })]),
	),
	"another tenant under our issuer": changed({ tid: randomUUID() }),
	"no tenant": changed({ tid: undefined }),
	"a list of tenants": () => bearer(token(claims({ tid: [stack().identity.tenantId] }))),
	expired: () => bearer(token(claims({ exp: now() - 60 }))),
	"not valid yet": () => bearer(token(claims({ nbf: now() + 600 }))),
	"valid from a text": changed({ nbf: "now" }),
	...Object.fromEntries(
		Object.entries({
			missing: undefined,
			null: null,
			"a text": "9999999999",
			"a list": [9999999999],
			"an object": {},
			true: true,
			"long ago": -1e308,
		}).map(([name, exp]) => [`the expiry: ${name}`, changed({ exp })]),
	),
	"an ID token": changed({ azp: undefined, nonce: marker }),
	"no object id": changed({ oid: undefined }),
	"an object id that is a line of the log": changed({ oid: "x\n[error] forged" }),
	"a logout token": headed({ typ: "logout+jwt" }),
	"no type": headed({ typ: undefined }),
	"a token within a token": () => bearer(token(token(), header({ cty: "JWT" }))),
	"a list as its claims": () => bearer(token([claims()])),
	"null as its claims": () => bearer(token(null)),
	"claims that are no JSON": () => bearer(token("{")),
	"an encrypted token": () =>
		bearer(
			made(
				[encoded({ alg: "RSA-OAEP", enc: "A256GCM", kid }), ..."abcd"].map((part) => part.padEnd(43, "A")).join("."),
			),
		),
	"ten kilobytes": () => bearer(token(claims({ pad: "x".repeat(7_000) }), header(), foreign.privateKey)),
};

const forbidden: Record<string, () => Presented> = Object.fromEntries(
	Object.entries({
		none: undefined,
		"an empty list": [],
		"a text": "Rotation.Operate",
		"a text with all of them": allRoles.join(" "),
		"another app's": ["Vault.Admin"],
		"in another case": allRoles.map((role) => role.toLowerCase()),
		"with a blank": allRoles.map((role) => `${role} `),
		"lists of lists": [allRoles],
		"an object": { 0: "Rotation.Operate", length: 1 },
		"a wildcard": ["*", "Rotation.*"],
		"properties of every object": ["constructor", "__proto__", "toString"],
	}).map(([name, roles]) => [
		`roles: ${name}`,
		changed({ roles, scp: allRoles.join(" "), groups: allRoles, wids: allRoles }),
	]),
);

// ---- the tests --------------------------------------------------------------------------------------------------

const answers: Answered[] = [];
const ask = async (route: Route, { headers, query = "" }: Presented, body?: string) => {
	const content: Record<string, string> =
		body === undefined ? {} : { "content-type": "application/json", "content-length": String(body.length) };
	const sent = { method: route.method, path: pathOf(route) + query, headers: { ...headers, ...content }, body };
	const answer = await send(stack(), sent);
	answers.push(answer);
	return answer;
};

let routes: Route[];
const everyRoute = async (how: () => Presented) => {
	const found = [];
	for (const route of routes) {
		const { status, headers, body } = await ask(route, how(), route.method === "POST" ? "{}" : undefined);
		const problem = String(headers["content-type"]).includes("problem+json") ? JSON.parse(body) : {};
		found.push({
			route: `${route.method} ${route.template}`,
			status,
			code: problem.code as unknown,
			scheme: headers["www-authenticate"],
		});
	}
	return found;
};
const asEverywhere = (answer: object) =>
	routes.map(({ method, template }) => ({ route: `${method} ${template}`, ...answer }));
const world = async () => ({ ...(await standing(stack(), kubernetes())), instances: await instancesOf(stack()) });

beforeAll(async () => {
	const all = await routesOf(stack());
	// It explains codes, the same to everybody.
	routes = all.filter(({ template }) => template !== "/api/codes/{code}");
	const served = Object.values(operations).map(({ method, path }) => `${method} ${path}`);
	expect(all.map(({ method, template }) => `${method} ${template}`).sort()).toEqual(served.sort());
});

describe("while the tenant's signing keys cannot be had", () => {
	test.each<Mode>(["down", "a page"])(
		"(%s) a good token is let in nowhere, and told that it is not its fault",
		async (how) => {
			mode = how;
			const before = await world();
			expect(await everyRoute(() => bearer(token()))).toEqual(
				asEverywhere({ status: 503, code: "token-unverifiable", scheme: undefined }),
			);
			expect(await world()).toEqual(before);
		},
		minutes,
	);
});

describe("a token", () => {
	beforeAll(() => {
		mode = "good";
	});

	test("that is good is let in on every route: what the others lack is what they are refused for", async () => {
		for (const route of routes) {
			const { status } = await ask(route, bearer(token()), route.method === "POST" ? '{"unknown":1}' : undefined);
			expect([route, [200, 400, 404].includes(status) ? "let in" : status]).toEqual([route, "let in"]);
		}
	});

	test.each(Object.entries(rejected))(
		"(%s) is refused with 401 on every route, and changes nothing",
		async (_, how) => {
			const before = await world();
			const found = await everyRoute(how);
			const code = expect.stringMatching(/^token-(missing|rejected)$/);
			expect(found).toEqual(asEverywhere({ status: 401, code, scheme: "Bearer" }));
			expect(await world()).toEqual(before);
		},
		minutes,
	);

	test.each(Object.entries(forbidden))(
		"(%s) is refused with 403 on every route, and changes nothing",
		async (_, how) => {
			const before = await world();
			expect(await everyRoute(how)).toEqual(asEverywhere({ status: 403, code: "app-role-missing", scheme: undefined }));
			expect(await world()).toEqual(before);
		},
		minutes,
	);

	test("of a hundred kilobytes does not even get to us", async () => {
		const before = await world();
		const huge = () => bearer(made(`${token()}${"A".repeat(100_000)}`));
		for (const { status } of await everyRoute(huge)) expect([0, 431]).toContain(status);
		expect(await world()).toEqual(before);
	});

	test("with unknown keys, many at once, costs the tenant's key server no more than one look in half a minute", async () => {
		const [before, since] = [fetches, Date.now()];
		const unknown = () => bearer(token(claims(), header({ kid: randomUUID() }), foreign.privateKey));
		const [route] = routes;
		const asked = await Promise.all(Array.from({ length: 100 }, () => ask(route!, unknown())));
		expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([401]));
		expect(fetches - before).toBeLessThanOrEqual(1 + Math.ceil((Date.now() - since) / 30_000));
	});

	test("is never asked where its key is", () => {
		expect(strangersVisits).toEqual([]);
	});
});

describe("the host's own interfaces", () => {
	const events = '[{"id":"1","eventType":"Microsoft.KeyVault.SecretNearExpiry","data":{}}]';
	const durable = "/runtime/webhooks/durabletask";
	const guarded: [method: string, path: string, body?: string][] = [
		["GET", `${durable}/instances`],
		["GET", `${durable}/instances/rotate-db-password?showInput=true&showHistory=true`],
		["POST", `${durable}/orchestrators/rotate`, '{"secret":"db-password","force":true}'],
		["POST", `${durable}/orchestrators/rotate/rotate-db-password`, '{"secret":"db-password","force":true}'],
		["POST", `${durable}/instances/rotate-db-password/terminate?reason=x`],
		["POST", `${durable}/instances/rotate-db-password/raiseEvent/approve`, "{}"],
		["DELETE", `${durable}/instances/rotate-db-password`],
		["POST", "/runtime/webhooks/eventgrid?functionName=events", events],
		["GET", "/admin/host/status"],
		["GET", "/admin/functions"],
		["POST", "/admin/functions/sweep", "{}"],
	];
	const keysOf: Record<string, [key: () => string | undefined, statuses: number[]]> = {
		"no key": [() => undefined, [401]],
		"a wrong key": [() => "iceberg", [401]],
		"an empty key": [() => "", [401]],
		"a good key and more": [() => `${stack().keys.master}x`, [401]],
		"a function key": [() => stack().keys.function, [403]],
	};

	test.each(Object.entries(keysOf))("do nothing for %s", async (_, [keyOf, statuses]) => {
		const key = keyOf();
		const before = await world();
		for (const [method, path, body] of guarded) {
			const inQuery = `${path}${path.includes("?") ? "&" : "?"}code=${encodeURIComponent(key ?? "")}`;
			const type = { "content-type": "application/json", "aeg-event-type": "Notification" };
			const ways = [
				{ path, headers: { ...type, ...(key !== undefined && keyHeader(key)) } },
				{ path, headers: { ...type, authorization: `Bearer ${token()}`, ...(key !== undefined && keyHeader(key)) } },
				...(key === undefined ? [] : [{ path: inQuery, headers: type }]),
			];
			for (const way of ways) {
				const { status } = await send(stack(), { method, body, ...way });
				expect([method, path, statuses.includes(status) ? statuses : status]).toEqual([method, path, statuses]);
			}
		}
		expect(await world()).toEqual(before);
	});

	test("have a key each: one opens no other", async () => {
		const { eventGrid, durable: durableKey } = stack().keys;
		const before = await world();
		for (const [method, path, body] of guarded) {
			const own = path.startsWith(durable) ? durableKey : path.startsWith("/admin") ? undefined : eventGrid;
			for (const key of [eventGrid, durableKey].filter((one) => one !== own)) {
				const headers = { "content-type": "application/json", "aeg-event-type": "Notification", ...keyHeader(key) };
				const { status } = await send(stack(), { method, path, body, headers });
				expect([path, status]).toEqual([path, status === 401 ? 401 : 403]);
			}
		}
		expect(await world()).toEqual(before);
	});

	test("have keys that open no route of the API", async () => {
		for (const key of Object.values(stack().keys)) {
			for (const how of [{ headers: keyHeader(key) }, { headers: {}, query: `?code=${key}` }]) {
				expect(await everyRoute(() => how)).toEqual(
					asEverywhere({ status: 401, code: "token-missing", scheme: "Bearer" }),
				);
			}
		}
	});
});

test(
	"no answer to anybody tells a management address or a key",
	async () => {
		for (const route of routes) {
			const { status } = await ask(route, bearer(token()), route.method === "POST" ? "{}" : undefined);
			expect(status).toBeLessThan(500);
			await idle(stack());
		}
		const told = answers.map(({ headers, body }) => `${JSON.stringify(headers)} ${body}`);
		expect(told.filter((text) => /code=|sig=|\/runtime\/|\/admin\/|durabletask|taskHub/i.test(text))).toEqual([]);
		for (const key of Object.values(stack().keys)) expect(told.join()).not.toContain(key);
	},
	6 * minutes,
);

test("nothing of any token is in the app's log, on the audit log or in an answer", async () => {
	const places = {
		"the app's log": stack().hostLines.join("\n"),
		"the audit log": JSON.stringify(await auditLog(stack())),
		"the answers": answers.map(({ headers, body }) => `${JSON.stringify(headers)} ${body}`).join("\n"),
	};
	// Of short parts ("e30", say) others may consist too.
	const parts = [...presented].flatMap((one) => one.split(".")).filter((part) => part.length >= 20);
	expect(parts.length).toBeGreaterThan(100);
	for (const [place, text] of Object.entries(places)) {
		for (const part of [marker, ...parts]) expect([place, text.includes(part)]).toEqual([place, false]);
	}
});
