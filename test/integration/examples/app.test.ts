// The sample workload of the variant workload-identity: it reads the vault itself. Real PostgreSQL, the real SecretClient.

import { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Database, openDatabase } from "../../../examples/titanic-api/app/database.ts";
import { secretsInVault } from "../../../examples/titanic-api/app/secrets.ts";
import { type Postgres, startPostgres } from "../../../local/postgres/postgres.ts";
import { seedTitanic } from "../../../local/postgres/seed.ts";
import { startIdentity } from "../../../packages/identity/index.ts";
import { type DataAction, startVault, type Vault } from "../../../packages/key-vault/index.ts";

const stack = new AsyncDisposableStack();
const objectId = "00000000-0000-0000-0000-00000000a991";
let postgres: Postgres;
let vault: Vault;
let client: SecretClient;
beforeAll(async () => {
	const identity = stack.use(await startIdentity());
	postgres = stack.use(await startPostgres());
	vault = stack.use(await startVault({ identity, name: "titanic-kv-prod" }));
	const { url } = await seedTitanic(postgres, { password: "password-one" });
	vault.owner.set("db-password", "password-one");
	vault.owner.set("db-connection-string", url);
	vault.owner.set("flask-secret-key", "flask");
	const credential = identity.managedIdentity({ objectId, clientId: objectId, name: "titanic-api" }).credential();
	client = new SecretClient(vault.url, credential, {
		allowInsecureConnection: true,
		disableChallengeResourceVerification: true,
		retryOptions: { maxRetries: 0 },
	});
});
afterAll(() => stack.disposeAsync());

const right: DataAction = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
const names = ["db-password", "db-connection-string", "flask-secret-key"];
const passengers = (database: Database) => database.query("SELECT id FROM passengers LIMIT 1", []);

test("a pod without the right does not start, and says which secret it may not read", async () => {
	await expect(secretsInVault(client)).rejects.toThrow(/does not give the secret [a-z-]+: Forbidden\.$/);
});

test("a pod that reads the vault answers, and goes on with the new password after a rotation, without a restart", async () => {
	for (const secret of names) vault.grant({ objectId, actions: [right], secret });
	const database = openDatabase(await secretsInVault(client));
	try {
		await database.login();
		await postgres.query("ALTER ROLE titanic_admin PASSWORD 'password-two'");
		await expect(database.login()).rejects.toMatchObject({ code: "28P01" });
		expect(await passengers(database)).toHaveLength(1);
		vault.owner.set("db-password", "password-two");
		await database.login();
	} finally {
		await database.end();
	}
});
