// Marks of switches that have begun and are not known to have ended: a blob `open/<secret>` each.
// OS1. An ended one's is empty rather than gone. Otherwise: the app's identity needs the right to delete in this container, and
//      with it could remove the records of rotations. Kept by: blob-rights.test.ts.
// OS2. One list request shows all that are open, by their sizes. Otherwise: the look of each minute costs a read a secret.
// OS3. A mark is taken away by its ETag. Otherwise: whoever hung meanwhile takes away the next rotation's.

import type { ContainerClient } from "@azure/storage-blob";
import type { OpenSwitch, RecordStore } from "../../ports/record-store.ts";
import { codeOf } from "./faults.ts";

const folder = "open/";
/** Short: a switch waits for its mark, and goes on without it. */
const patience = () => AbortSignal.timeout(5_000);

type OpenSwitches = Pick<RecordStore, "markSwitch" | "unmarkSwitch" | "openSwitches">;

/** @param orFault makes a Fault of what the SDK throws */
export function blobOpenSwitches(
	container: ContainerClient,
	orFault: <T>(work: Promise<T>) => Promise<T>,
): OpenSwitches {
	const put = (secret: string, content: string, ifMatch?: string) =>
		container.getBlockBlobClient(`${folder}${secret}`).upload(content, Buffer.byteLength(content), {
			abortSignal: patience(),
			...(ifMatch !== undefined && { conditions: { ifMatch } }),
		});

	async function list(): Promise<OpenSwitch[]> {
		const found: OpenSwitch[] = [];
		for await (const { name, properties } of container.listBlobsFlat({ prefix: folder, abortSignal: patience() })) {
			const { contentLength, etag, lastModified } = properties;
			if (contentLength === 0) continue;
			found.push({ secret: name.slice(folder.length), mark: quoted(etag), since: lastModified });
		}
		return found;
	}

	return {
		async markSwitch(secret) {
			const { etag = "" } = await orFault(put(secret, "open"));
			return quoted(etag);
		},
		unmarkSwitch: (secret, mark) =>
			orFault(
				put(secret, "", mark).then(
					() => {},
					(error) => {
						if (codeOf(error) !== "ConditionNotMet") throw error;
					},
				),
			),
		openSwitches: () => orFault(list()),
	};
}

/** Lists give ETags without the quotation marks that headers have. */
const quoted = (etag: string): string => (etag.startsWith('"') ? etag : `"${etag}"`);
