// The configuration in a container of blobs, read only.
// CFB1. What is read is what was listed, by its ETag. Otherwise: of files that are being uploaded some are old and some new, and
//       together they are a configuration that nobody wrote. Kept by: configuration-source.test.ts.

import type { Snapshot } from "../../config/source.ts";
import { Fault } from "../../domain/fault.ts";
import { type ContainerOptions, nameOfContainer, openContainer } from "./container.ts";

/** For all of one look: meanwhile the configuration that is in force stays so. */
const mostMs = 10_000;
const mostBytes = 10_000_000;

/** @throws Fault `configuration-unreachable` */
export function blobConfiguration(options: ContainerOptions): () => Promise<Snapshot> {
	const container = openContainer(options);
	const asFault = async <T>(work: () => Promise<T>): Promise<T> => {
		try {
			return await work();
		} catch (error) {
			if (error instanceof Fault) throw error;
			throw new Fault("configuration-unreachable", { store: nameOfContainer(options.containerUrl) }, error);
		}
	};
	return () =>
		asFault(async () => {
			const abortSignal = AbortSignal.timeout(mostMs);
			const etags = new Map<string, string>();
			let changed = 0;
			for await (const { name, properties } of container.listBlobsFlat({ abortSignal })) {
				if (!/\.ya?ml$/.test(name)) continue;
				etags.set(name, properties.etag);
				changed = Math.max(changed, properties.lastModified.getTime());
			}
			const read = async (name: string): Promise<Buffer | undefined> => {
				const ifMatch = etags.get(name);
				if (ifMatch === undefined) return undefined;
				const blob = container.getBlobClient(name);
				const { contentLength = 0 } = await blob.getProperties({ abortSignal, conditions: { ifMatch } });
				// Somebody has put something else there.
				if (contentLength > mostBytes) return Buffer.alloc(mostBytes + 1, " ");
				if (contentLength === 0) return Buffer.alloc(0);
				return blob.downloadToBuffer(0, contentLength, { abortSignal, conditions: { ifMatch } });
			};
			return {
				stamp: JSON.stringify([...etags].sort()),
				changedAt: new Date(changed).toISOString(),
				source: {
					read: (name) => asFault(() => read(name)),
					names: async (folder) =>
						[...etags.keys()].filter((name) => folder === "." || name.startsWith(`${folder}/`)).sort(),
				},
			};
		});
}
