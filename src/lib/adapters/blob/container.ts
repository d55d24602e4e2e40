// How the app talks to a blob container.

import type { TokenCredential } from "@azure/identity";
import { ContainerClient, newPipeline, type RequestPolicyFactory } from "@azure/storage-blob";
import { directly, type Perform } from "../../ports/effect.ts";
import { orFault } from "../identity/credential.ts";

export interface ContainerOptions {
	/** `https://<account>.blob.core.windows.net/<container>`; the container must exist. */
	readonly containerUrl: string;
	readonly credential: TokenCredential;
	readonly perform?: Perform;
}

export function openContainer({
	containerUrl: given,
	credential,
	perform = directly,
}: ContainerOptions): ContainerClient {
	const containerUrl = given.replace(/\/+$/, "");
	const pipeline = newPipeline(orFault(credential, "https://storage.azure.com", perform), {
		// Small, so that it does not multiply with the orchestration's own tries.
		retryOptions: { maxTries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 },
	});
	pipeline.factories.push(through(perform, new URL(containerUrl).pathname));
	return new ContainerClient(containerUrl, pipeline);
}

/** What differs from run to run: the drawn part of a rotation's id, a report's time, when a run ended. */
const drawn =
	/\.[0-9a-f-]{36}(?=(\.json)?$)|(?<=^(configurations|evidence)\/)[0-9a-f]{64}|(?<=^reports\/)\d{4}-\d\d-\d\dT[\d.-]+Z|(?<=^(?:ended|asked)\/)\d{13}\./g;

/** Names a request by what it does: `blob PUT audit/2026-11.ndjson`, `blob GET (list)`. */
const through = (perform: Perform, root: string): RequestPolicyFactory => ({
	create: (next) => ({
		sendRequest: (request) => {
			const { pathname } = new URL(request.url);
			const name = decodeURIComponent(pathname.slice(root.length + 1)) || "(list)";
			return perform(`blob ${request.method} ${name.replace(drawn, "")}`, () => next.sendRequest(request));
		},
	}),
});

/** The container as faults and signed heads name it: without a query, which may hold a signature, or a slash at its end. */
export function nameOfContainer(containerUrl: string): string {
	const { origin, pathname } = new URL(containerUrl);
	return origin + pathname.replace(/\/+$/, "");
}

/** For one request: the SDK by itself waits for ever on a network that swallows packets. */
export const patience = (): AbortSignal => AbortSignal.timeout(30_000);

/** Lists give ETags without the quotation marks that headers have. */
export const quoted = (etag: string): string => (etag.startsWith('"') ? etag : `"${etag}"`);

export interface Listed {
	readonly name: string;
	/** In bytes. */
	readonly size: number;
	/** By the storage's clock, in milliseconds since 1970, to the second. */
	readonly createdOn: number;
}

/** The blobs of a folder by their names. */
export async function listed(container: ContainerClient, folder: string): Promise<Listed[]> {
	const found: Listed[] = [];
	for await (const { name, properties } of container.listBlobsFlat({ prefix: folder, abortSignal: patience() })) {
		found.push({ name, size: properties.contentLength ?? 0, createdOn: properties.createdOn?.getTime() ?? 0 });
	}
	return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const pieceBytes = 4 * 1024 * 1024;

/**
 * A blob as it was when it was listed, piece by piece, so that each request has its own time limit however long the blob is.
 * @param size in bytes; what the blob grows by meanwhile is not read
 */
export async function* contentOf(container: ContainerClient, name: string, size: number): AsyncGenerator<Buffer> {
	const blob = container.getBlobClient(name);
	for (let from = 0; from < size; from += pieceBytes) {
		yield await blob.downloadToBuffer(from, Math.min(pieceBytes, size - from), { abortSignal: patience() });
	}
}
