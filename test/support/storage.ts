// A storage account for a test file: a real Azurite, an identity whose tokens it takes, and a wire that can be cut.

import { randomUUID } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TokenCredential } from "@azure/identity";
import { ContainerClient } from "@azure/storage-blob";
import { startAzurite } from "../../local/azurite/azurite.ts";
import { type Relay, startRelay } from "../../local/relay.ts";
import { type Identity, startIdentity } from "../../packages/identity/index.ts";

export interface Storage extends AsyncDisposable {
	readonly credential: TokenCredential;
	/** For another process: the identity, and the certificate to trust. */
	readonly env: Readonly<Record<string, string>>;
	readonly relay: Relay;
	/** Who issues the tokens, and the app as it knows it. */
	readonly identity: Identity;
	readonly app: { readonly objectId: string };
	/** A new, empty container. `url` goes by the relay; `client` does not. */
	container(): Promise<{ url: string; client: ContainerClient }>;
}

export async function startStorage(): Promise<Storage> {
	await using started = new AsyncDisposableStack();
	const azurite = started.use(await startAzurite({ inMemory: true }));
	const identity = started.use(await startIdentity());
	const { port, hostname } = new URL(azurite.url);
	const relay = started.use(await startRelay(Number(port)));

	// This process trusts it from now on, as NODE_EXTRA_CA_CERTS does it for the app's; put back at the end.
	const trusted = getCACertificates("default");
	setDefaultCACertificates([...trusted, azurite.ca]);
	started.defer(() => setDefaultCACertificates(trusted));

	const app = { objectId: randomUUID(), clientId: randomUUID(), name: "app" };
	const managed = identity.managedIdentity(app);
	const credential = managed.credential();
	const owned = started.move();
	return {
		credential,
		env: { ...managed.env, NODE_EXTRA_CA_CERTS: azurite.caFile },
		relay,
		identity,
		app,
		async container() {
			const name = `c-${randomUUID()}`;
			const client = new ContainerClient(`${azurite.url}/${name}`, credential);
			await client.create();
			return { url: `https://${hostname}:${relay.port}/devstoreaccount1/${name}`, client };
		},
		[Symbol.asyncDispose]: () => owned.disposeAsync(),
	};
}
