// How the app talks to a blob container.

import type { TokenCredential } from "@azure/identity";
import { ContainerClient } from "@azure/storage-blob";
import { orFault } from "../identity/credential.ts";

/** @param containerUrl `https://<account>.blob.core.windows.net/<container>` */
export function openContainer(containerUrl: string, credential: TokenCredential): ContainerClient {
	return new ContainerClient(containerUrl, orFault(credential, "https://storage.azure.com"), {
		// Small, so that it does not multiply with the orchestration's own tries.
		retryOptions: { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
	});
}

/** The container as faults name it: without a query, which may hold a signature. */
export function nameOfContainer(containerUrl: string): string {
	const { origin, pathname } = new URL(containerUrl);
	return origin + pathname;
}

/** For one request: the SDK by itself waits for ever on a network that swallows packets. */
export const patience = (): AbortSignal => AbortSignal.timeout(30_000);
