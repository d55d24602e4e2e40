// The app's own identity as a role of PostgreSQL: real tokens, over TLS, through what an Azure server does.

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type EntraFront, startEntraFront } from "../../local/postgres/entra.ts";
import { type Postgres, startPostgres } from "../../local/postgres/postgres.ts";
import { type Identity, startIdentity } from "../../packages/identity/index.ts";
import { selfSigned } from "../../packages/loopback/index.ts";
import { tokenFor } from "../../src/lib/adapters/identity/credential.ts";
import { newPassword } from "../../src/lib/domain/password.ts";
import { verifierOf } from "../../src/lib/domain/verifier.ts";
import { postgresDatabase } from "../../src/lib/targets/postgres/database.ts";
import { intent } from "./support/intent.ts";

const scope = "https://ossrdbms-aad.database.windows.net/.default";
const rotator = { role: "rotator", by: "identity" } as const;

describe("A role that is the app's own identity", () => {
	let postgres: Postgres;
	let identity: Identity;
	let front: EntraFront;
	let tls: { cert: string; key: string };
	const app = { objectId: randomUUID(), clientId: randomUUID(), name: "titanic-secret-rotator" };
	const other = { objectId: randomUUID(), clientId: randomUUID(), name: "somebody-else" };
	const principals = new Map<string, string>();

	beforeAll(async () => {
		tls = await selfSigned();
		[postgres, identity] = await Promise.all([
			startPostgres({ tls, hba: ["host all +azure_ad_user 127.0.0.1/32 trust"] }),
			startIdentity(),
		]);
		const principalOf = (role: string) => principals.get(role);
		front = await startEntraFront({ port: postgres.port, identity, principalOf, tls });
		await postgres.query("CREATE ROLE azure_ad_user; CREATE ROLE rotator LOGIN CREATEROLE IN ROLE azure_ad_user");
		await postgres.query("CREATE ROLE app LOGIN; GRANT app TO rotator WITH ADMIN TRUE, INHERIT FALSE, SET FALSE");
	});
	beforeEach(() => void principals.set("rotator", app.objectId));
	afterAll(async () => {
		for (const one of [front, identity, postgres]) await one?.[Symbol.asyncDispose]();
	});

	const databaseFor = (principal: typeof app, port = front.port, asks: (string | undefined)[] = []) => {
		const token = tokenFor(identity.managedIdentity(principal).credential(), scope, async (effect, call) => {
			asks.push(effect);
			return call();
		});
		return postgresDatabase({
			name: "main",
			server: { host: "localhost", port, database: "postgres", tls: {} },
			ca: tls.cert,
			token,
		});
	};

	test("logs in with a token, sets another role's password, and has none of its own", async () => {
		const password = newPassword();
		const database = databaseFor(app);
		await using session = await database.open(rotator);
		await session.lock("app");
		expect(await session.refusal("app", [])).toBeUndefined();
		await session.setPassword(intent, "app", verifierOf(password, "app"));
		expect(await database.accepts({ role: "app", password })).toBe(true);
		const [row] = await postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'rotator'");
		expect(row).toEqual({ rolpassword: null });
	});

	test("asks for one token, and keeps it for the next session", async () => {
		const asks: string[] = [];
		const database = databaseFor(app, front.port, asks);
		for (const _ of [1, 2, 3]) await (await database.open(rotator))[Symbol.asyncDispose]();
		expect(asks).toEqual(["token https://ossrdbms-aad.database.windows.net"]);
	});

	test("brings another token where the one that it had is not believed any more", async () => {
		const asks: string[] = [];
		const database = databaseFor(app, front.port, asks);
		await (await database.open(rotator))[Symbol.asyncDispose]();
		identity.revoke();
		await (await database.open(rotator))[Symbol.asyncDispose]();
		expect(asks).toHaveLength(2);
	});

	test("is nobody else, whatever the name of the role", async () => {
		await expect(databaseFor(other).open(rotator)).rejects.toMatchObject({
			code: "identity-rejected",
			transient: false,
			names: { server: "main", role: "rotator", detail: "it rejects the token" },
		});
	});

	test("gives its token to no server that asks for a password in another way", async () => {
		principals.delete("rotator");
		await postgres.query("CREATE ROLE plain LOGIN PASSWORD 'plain'");
		await expect(databaseFor(app).open({ role: "plain", by: "identity" })).rejects.toMatchObject({
			code: "identity-rejected",
			names: { detail: "it asks for a password of that role, which is not an Entra role there" },
		});
		await expect(databaseFor(app, postgres.port).open(rotator)).rejects.toMatchObject({ code: "server-misconfigured" });
	});

	test("never brings a password where a token is wanted", async () => {
		await expect(databaseFor(app).open({ role: "rotator", password: newPassword() })).rejects.toMatchObject({
			code: "server-misconfigured",
		});
	});

	test("sends its token to no server whose certificate it does not know", async () => {
		const { cert: ca } = await selfSigned();
		const asked: string[] = [];
		const token = async () => {
			asked.push("token");
			return "a-token";
		};
		const server = { host: "localhost", port: front.port, database: "postgres", tls: {} };
		await expect(postgresDatabase({ name: "main", server, ca, token }).open(rotator)).rejects.toMatchObject({
			code: "tls-untrusted",
		});
		expect(identity.issued.managedIdentities).not.toContain("a-token");
		expect(await postgres.log()).not.toContain("a-token");
	});

	test("is not taken where the identity gives no token", async () => {
		const token = tokenFor({ getToken: async () => null }, scope);
		const server = { host: "localhost", port: front.port, database: "postgres", tls: {} };
		await expect(postgresDatabase({ name: "main", server, ca: tls.cert, token }).open(rotator)).rejects.toMatchObject({
			code: "token-unavailable",
		});
	});

	test("leaves no token in the server's log", async () => {
		await (await databaseFor(app).open(rotator))[Symbol.asyncDispose]();
		const log = await postgres.log();
		for (const token of identity.issued.managedIdentities) expect(log).not.toContain(token);
	});
});
