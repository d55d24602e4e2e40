// A real Azurite, and containers in it: for benches that need no more than blobs.

import { randomUUID } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TokenCredential } from "@azure/identity";
import { ContainerClient } from "@azure/storage-blob";
import { startAzurite } from "../local/azurite/azurite.ts";
import { startIdentity } from "../packages/identity/index.ts";

interface Storage extends AsyncDisposable {
	readonly credential: TokenCredential;
	/** A new, empty one. */
	container(): Promise<ContainerClient>;
}

export async function startStorage(): Promise<Storage> {
	await using started = new AsyncDisposableStack();
	const azurite = started.use(await startAzurite({ inMemory: true }));
	const identity = started.use(await startIdentity());
	setDefaultCACertificates([...getCACertificates("default"), azurite.ca]);
	const app = { objectId: randomUUID(), clientId: randomUUID(), name: "app" };
	const credential = identity.managedIdentity(app).credential();
	const owned = started.move();
	return {
		credential,
		async container() {
			const client = new ContainerClient(`${azurite.url}/c-${randomUUID()}`, credential);
			await client.create();
			return client;
		},
		[Symbol.asyncDispose]: () => owned.disposeAsync(),
	};
}
