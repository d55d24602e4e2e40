// What every case of one test file shares: PostgreSQL, Azurite, the identity and the Kubernetes API. A case has its own
// vault, roles, containers and namespace in them.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TokenCredential } from "@azure/identity";
import pg from "pg";
import { startAzurite } from "../../../local/azurite/azurite.ts";
import { startEntraFront } from "../../../local/postgres/entra.ts";
import { type Postgres, startPostgres } from "../../../local/postgres/postgres.ts";
import { type Identity, type Principal, startIdentity } from "../../../packages/identity/index.ts";
import { type Api, apiOf, type Cluster, startCluster } from "../../../packages/kubernetes-api/index.ts";

export interface Servers extends AsyncDisposable {
	readonly postgres: Postgres;
	/** The port of the same server where a role `entra_...` logs in with a token of the app. */
	readonly entraPort: number;
	/** The superuser's sessions, for seeding and for looking. */
	readonly sql: pg.Pool;
	readonly storage: { readonly url: string; readonly credential: TokenCredential };
	readonly identity: Identity;
	readonly app: Principal;
	readonly cluster: Cluster;
	readonly caFile: string;
	/** The cluster's administrator. */
	readonly kubernetes: Api;
	/** The app settings that have to do with its identity. */
	readonly env: Readonly<Record<string, string>>;
	readonly folder: string;
}

export async function startServers(): Promise<Servers> {
	await using stack = new AsyncDisposableStack();
	const folder = await mkdtemp(join(tmpdir(), "titanic-recovery-"));
	stack.defer(() => rm(folder, { recursive: true, force: true }));
	const [postgres, azurite, identity] = await Promise.all([
		startPostgres({
			settings: { max_connections: "200", log_line_prefix: "%u|" },
			hba: ["host all +azure_ad_user 127.0.0.1/32 trust"],
		}),
		startAzurite({ inMemory: true }),
		startIdentity(),
	]);
	for (const one of [postgres, azurite, identity]) stack.use(one);
	const cluster = stack.use(await startCluster({ tokenReviewUrl: identity.tokenReviewUrl, assets: "" }));
	const kubernetes = stack.use(apiOf(cluster.kubeConfig(), "recovery-test"));
	const caFile = join(folder, "cluster.pem");
	await writeFile(caFile, cluster.ca);

	const sql = new pg.Pool({ connectionString: postgres.url(), max: 4, options: "-c log_statement=none" });
	stack.defer(() => sql.end());
	await sql.query("CREATE ROLE azure_ad_user");

	const trusted = getCACertificates("default");
	setDefaultCACertificates([...trusted, azurite.ca]);
	stack.defer(() => setDefaultCACertificates(trusted));

	const app = { objectId: randomUUID(), clientId: randomUUID(), name: "titanic-secret-rotator" };
	const managed = identity.managedIdentity(app);
	const principalOf = (role: string) => (role.startsWith("entra_") ? app.objectId : undefined);
	const { port: entraPort } = stack.use(await startEntraFront({ port: postgres.port, identity, principalOf }));
	// The SDK reads these from the process, as App Service sets them.
	Object.assign(process.env, managed.env);
	stack.defer(() => {
		for (const name of Object.keys(managed.env)) delete process.env[name];
	});
	const owned = stack.move();
	return {
		postgres,
		entraPort,
		sql,
		storage: { url: azurite.url, credential: managed.credential() },
		identity,
		app,
		cluster,
		caFile,
		kubernetes,
		env: { ...managed.env, AZURE_CLIENT_ID: app.clientId },
		folder,
		[Symbol.asyncDispose]: () => owned.disposeAsync(),
	};
}
