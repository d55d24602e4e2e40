// The sample workload: a small API over the table `passengers`, with the database password from Key Vault.
//
// Ready means that a *new* login works, not that an old session is still open: that is what a rotation has to keep.
// No answer and no log line has a secret in it; errors carry PostgreSQL's code only.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "./database.ts";
import { type Secrets, secretsInEnvironment, secretsInVault } from "./secrets.ts";
import { sessionsSignedBy } from "./sessions.ts";

const env = process.env;

async function secretsOfThisPod(): Promise<Secrets> {
	// The local stack runs containers as plain processes: their root is a folder.
	const root = env.CONTAINER_ROOT ?? "/";
	if (!env.KEY_VAULT_URL) return secretsInEnvironment(env, join(root, "mnt", "secrets", "db-password"));
	const { WorkloadIdentityCredential } = await import("@azure/identity");
	const { SecretClient } = await import("@azure/keyvault-secrets");
	// There the vault and Entra ID are on loopback too, under no name of Azure's.
	const isLocal = new URL(env.KEY_VAULT_URL).hostname === "127.0.0.1";
	const file = env.AZURE_FEDERATED_TOKEN_FILE;
	const credential = new WorkloadIdentityCredential({
		...(file !== undefined && { tokenFilePath: join(root, file) }),
		disableInstanceDiscovery: isLocal,
	});
	const options = { allowInsecureConnection: isLocal, disableChallengeResourceVerification: isLocal };
	return secretsInVault(new SecretClient(env.KEY_VAULT_URL, credential, options));
}

const secrets = await secretsOfThisPod().catch((error: Error) => {
	console.error(`titanic-api: ${error.message}`);
	process.exit(1);
});
const database = openDatabase(secrets);
const sessions = sessionsSignedBy(secrets.sessionKeys);
let stopping = false;

type Answer = [status: number, body: unknown, headers?: Record<string, string>];

async function answer({ method, url = "/", headers }: IncomingMessage): Promise<Answer> {
	const { pathname, searchParams } = new URL(url, "http://titanic-api");
	if (method !== "GET") return [405, { error: "method not allowed" }];
	switch (pathname) {
		case "/health/live":
			return [200, { status: "alive" }];
		case "/health/ready":
			if (stopping) return [503, { status: "stopping" }];
			await database.login();
			return [200, { status: "ready" }];
		case "/api/passengers": {
			const limit = Math.min(Math.max(Math.trunc(Number(searchParams.get("limit") ?? 10)) || 10, 1), 100);
			const sql = "SELECT id, name, age, class, survived FROM passengers ORDER BY id LIMIT $1";
			return [200, { passengers: await database.query(sql, [limit]) }];
		}
		case "/session": {
			const given = /(?:^|; )session=([^;]*)/.exec(headers.cookie ?? "")?.[1];
			const cookie = given === undefined ? sessions.begin() : sessions.goOn(given);
			if (cookie === undefined) return [401, { error: "nobody here has signed this session" }];
			const began = cookie.split(".")[0];
			return [200, { began }, { "set-cookie": `session=${cookie}; HttpOnly; Secure; SameSite=Lax; Path=/` }];
		}
		case "/version":
			return [200, { pod: env.POD_NAME ?? hostname(), dbPasswordVersion: env.DB_PASSWORD_VERSION || null }];
		default:
			return [404, { error: "not found" }];
	}
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const [status, body, more] = await answer(request).catch((error: { code?: string }): Answer => {
		console.error(`titanic-api: ${request.url?.split("?")[0]} failed: ${error.code ?? "no code"}`);
		return [503, { error: "the database does not answer", code: error.code ?? null }];
	});
	response.writeHead(status, { "content-type": "application/json", ...more, ...(stopping && { connection: "close" }) });
	response.end(JSON.stringify(body));
}

const server = createServer(respond);
server.listen(Number(env.PORT ?? 5000), env.HOST ?? "0.0.0.0");

process.on("SIGTERM", async () => {
	if (stopping) return;
	stopping = true;
	// What routes to this pod hears of its end a moment later than the pod does: go on answering until then.
	await delay(1_000);
	await new Promise((closed) => server.close(closed));
	await database.end();
	process.exit(0);
});
